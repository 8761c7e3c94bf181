"""Handlers for people: open a session by signing a challenge, see a ballot, cast a vote, revoke an agent's token.

A session looks and asks. It never votes: a vote carries the person's own signature, which is checked where votes are
counted, and the session only has to be the same person's, so that nobody casts what others signed.
"""

from __future__ import annotations

from interlock.answer import when
from interlock.errors import Forbidden
from interlock.gates.http import shapes
from interlock.gates.http.route import Asked, Reply, refusal
from interlock.gates.http.shapes import Nothing
from interlock.identify.sessions import Answer
from interlock.model.approval import Vote


def challenge(asked: Asked[Nothing, shapes.ChallengeRequest]) -> Reply:
    """A challenge for whoever says to be this person, registered or not."""
    made = asked.gate.control.registry.challenge(asked.body.person)
    asked.gate.challenges.keep(made)
    return Reply(made)


def session(asked: Asked[Nothing, shapes.SessionRequest]) -> Reply:
    answer = Answer(asked.body.nonce, asked.body.signature)
    opened = asked.gate.control.registry.open_session(answer, asked.gate.challenges.take)
    visitor = opened.visitor
    return Reply({"token": opened.token, "person": visitor.person, "expires_at": when(visitor.expires_at)}, 201)


def ballot(asked: Asked[shapes.BallotQuery, Nothing]) -> Reply:
    """The ballot of a case as it stands now, for this person to fill in and sign."""
    control, caller = asked.gate.control, asked.who.caller
    return Reply(control.ballot(control.case(caller, asked.params["case"]), caller.name, asked.query.choice))


def vote(asked: Asked[Nothing, Vote]) -> Reply:
    """Cast one signed vote."""
    control, cast = asked.gate.control, asked.body.ballot
    if cast.person != asked.who.caller.name:
        raise Forbidden(
            f"this vote is `{cast.person}`'s, the session is `{asked.who.caller.name}`'s",
            hint="each person casts their own votes",
            code="other-person",
        )
    if cast.case != asked.params["case"]:
        raise refusal(400, "other-case", "the ballot is for another case than the path", "use the ballot's own case")
    return Reply(control.told(control.vote(asked.body)), 201)


def revoke(asked: Asked[Nothing, Nothing]) -> Reply:
    """Revoke one token of an agent, or all with `*`; it holds from the next request on."""
    agent, token = asked.params["agent"], asked.params["token"]
    asked.gate.control.registry.revoke_token(asked.who.caller, agent, token)
    return Reply({"agent": agent, "token": token})
