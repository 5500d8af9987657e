"""Every call of a release, made once: where each works, and where one does not."""

from agentchat_check.facts import ContractLook, Reply
from makers import answer, inner

WELL = Reply("dialogs", answer())
ILL = Reply("create agent", inner(500, "no column"))
NO_COLUMN = "create agent: GET /api/v1/dialog/list: 200, inner 500 (no column) in 0.02 s"
LOOK = ContractLook((WELL,), (Reply("create dialog", answer()),))
WRONG = ContractLook((WELL,), (ILL,))
