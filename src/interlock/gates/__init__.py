"""Gates: where agents are met and cannot get round. Each says whether it is sealed or cooperative (architecture 2)."""
