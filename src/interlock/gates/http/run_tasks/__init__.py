"""Run tasks of HCP Terraform and Terraform Enterprise: their plans are judged here before they may be applied.

request.py   what HCP sends, and its signature, which is checked before a byte of it is used
runner.py    the threads that judge: bounded, each run once, held ones waited for where that is configured
task.py      one run: fetch its plan, judge and record it, and the answer that it gets
client.py    fetching the plan and sending the answer: only over TLS, only to the hosts that are configured
outcome.py   the answer in the shape that HCP takes
"""
