"""Why Amazon said 401 or 403: the message, the role, the token or the path, and the facts that decided. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from spapi_messaging.messages import Operation

NOT_AVAILABLE, ROLE, TOKEN, PATH = "not-available", "role", "token", "path"
#: What to do when something other than Amazon's API answered.
FOREIGN_REMEDY = (
    "Amazon's API answers in JSON, with a list of errors, so something else answered here: a gateway or a proxy on the "
    "way perhaps. Check the endpoint and the proxy."
)


class Success(NamedTuple):
    """A call that Amazon answered as it should."""

    operation: Operation
    seconds_ago: float
    same_token: bool  # False: with an earlier token of the same credentials
    same_marketplace: bool = True

    @property
    def shown(self) -> str:
        seconds = self.seconds_ago
        ago = f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
        token = "the same token" if self.same_token else "an earlier token of the same credentials"
        return f"{self.operation.operation_id} was answered {ago} ago with {token}"


class Evidence(NamedTuple):
    """What the client knows besides the answer.

    Attributes:
        amazons_endpoint: whether the endpoint is one of Amazon's own.
        has_provider: whether the token comes from a provider of the user's.
        just_renewed: whether the token was renewed a moment ago, because Amazon had refused the one before.
        marketplace: the marketplace that the call names, if it is not the client's own.
        successes: the calls that Amazon answered within the last hour.
    """

    amazons_endpoint: bool = True
    has_provider: bool = False
    just_renewed: bool = False
    marketplace: str = ""
    successes: Sequence[Success] = ()


class Refusal(NamedTuple):
    """What is known of a 401 or 403.

    Attributes:
        said: what Amazon says, in lower case.
        error_type: its x-amzn-ErrorType, in lower case.
        from_amazon: whether the answer has the form of Amazon's API.
        has_request_id: whether it has a request id of Amazon's.
        operation: what was asked for.
        evidence: what the client knows besides.
    """

    said: str
    error_type: str
    from_amazon: bool
    has_request_id: bool
    operation: Operation
    evidence: Evidence


class Explanation(NamedTuple):
    """What a 401 or 403 can mean, the most likely first, the facts that decided, and what to do in one line."""

    causes: tuple[str, ...]
    facts: tuple[str, ...]
    remedy: str
    names_the_message: bool = False  # Amazon says that the order does not allow it


# The application's secret, and not the key of AWS that refusals of a signature speak of: "your AWS Secret Access Key".
_CLIENT_SECRET = re.compile(r"secret(?![a-z])(?! (?:access )?key)")
# What Amazon says where it gives no reason.
_NO_REASON = re.compile(
    r"(?:unauthorized|accessdenied|access denied|forbidden|access to (?:the )?requested resource is denied|[\s.:])*"
)


def speaks_of_dead_token(said: str) -> bool:
    """Whether Amazon, in lower case, says that another access token may help."""
    if _CLIENT_SECRET.search(said) or "template combination" in said:
        return False
    return "access token" in said and any(word in said for word in ("expired", "revoked", "malformed", "invalid"))


def explain(refusal: Refusal) -> Explanation:
    """What a refusal means, as far as the facts decide."""
    said = refusal.said
    if "template combination" in said:
        return _NOT_AVAILABLE
    if _CLIENT_SECRET.search(said):
        return _EXPIRED_SECRET
    if speaks_of_dead_token(said):
        return _dead_token(refusal.evidence)
    if not refusal.from_amazon:
        return _FOREIGN
    named = next((found for words, found in _NAMED if words.search(f"{said} {refusal.error_type}")), None)
    return named or _undecided(refusal)


_NOT_AVAILABLE = Explanation(
    (NOT_AVAILABLE,),
    ("Amazon named the combination of the order and the message type.",),
    "This message is not available for this order in its present state: call get_messaging_actions_for_order to see "
    "which ones are.",
    names_the_message=True,
)
_EXPIRED_SECRET = Explanation(
    (TOKEN,),
    ("Amazon named the application's client secret.",),
    "The application's LWA client secret has expired, 180 days after it was made: make a new one in the developer "
    "console. A new one may take a while until it works.",
)
_FOREIGN = Explanation(
    (PATH,),
    ("The answer does not have the form of Amazon's API.",),
    FOREIGN_REMEDY,
)
_LOST_TOKEN = Explanation(
    (PATH,),
    ("Amazon received no access token, and this client sends one with every call.",),
    "Something on the way takes the header x-amz-access-token out of requests: check the proxy and the endpoint.",
)
_GATEWAY = Explanation(
    (PATH,),
    ("The gateway in front of the API refused the request: it asked for a signature, which the API does not need.",),
    "Check the endpoint and the path. If both are right, Amazon has trouble: try again later.",
)
_NO_ROLE = Explanation(
    (ROLE,),
    ("Amazon named the application's access.",),
    "Give the application the Buyer Communication role, then let the seller authorise it anew.",
)

# What Amazon's words and its x-amzn-ErrorType say in themselves, in lower case.
_NAMED = [
    (re.compile(r"access token .*missing|missing .*access token"), _LOST_TOKEN),
    (
        re.compile(
            r"missing ?authentication ?token|security token|signature|unrecognizedclient|incompletesig"
            r"|not authorized to perform|unknownoperation|authorization header"
        ),
        _GATEWAY,
    ),
    (re.compile(r"application do(?:es)? not have access|buyer communication|blocked from accessing"), _NO_ROLE),
]


def _dead_token(evidence: Evidence) -> Explanation:
    facts = ["Amazon named the access token.", *_renewed(evidence)]
    if evidence.has_provider:
        return Explanation(
            (TOKEN,),
            (*facts, "The token comes from the token provider."),
            "The token provider gave a token that Amazon refuses, and once more when it was asked again. Let it give a "
            "new one: with a parameter named refused, it is told which one Amazon refused.",
        )
    return Explanation(
        (TOKEN,),
        tuple(facts),
        "Amazon refused a token that was just renewed. Does the refresh token belong to this region, and does "
        "the seller still authorise the application?",
    )


def _undecided(refusal: Refusal) -> Explanation:
    """No known reason was given: what remains after all that the client knows."""
    if refusal.operation.retired is not None:
        return Explanation(
            (NOT_AVAILABLE,),
            ("The operation has left Amazon's published model.",),
            "Amazon has retired this type of message, so this was to be expected.",
        )
    witnesses = tuple(_witnesses(refusal))
    facts = (*(fact for fact, _ in witnesses), *_doubts(refusal), *_renewed(refusal.evidence))
    causes = tuple(_remaining(refusal, {cause for _, excluded in witnesses for cause in excluded}))
    advice = [_advice(cause, refusal) for cause in causes]
    choice = f"Most likely {advice[0]}." if len(advice) > 1 else f"{advice[0][0].upper()}{advice[0][1:]}."
    others = [f"Or {each}." for each in advice[1:]]
    told = "No reason was given." if _NO_REASON.fullmatch(refusal.said) else "The answer names no known reason."
    unsaid = () if witnesses else (told,)
    return Explanation(causes, facts or unsaid, " ".join([*unsaid, *facts, choice, *others]))


def _witnesses(refusal: Refusal) -> Iterator[tuple[str, set[str]]]:
    """The facts that exclude causes, and which ones.

    Uploads serve other APIs as well, and several roles allow them: a success there says nothing about the role. A
    provider's token may be a restricted one, made for some paths alone: a success elsewhere says nothing about it here.
    """
    successes = refusal.evidence.successes
    messaging = [success for success in successes if success.operation.kind != "upload"]
    same = [success for success in messaging if success.same_token]
    uploads = [success for success in successes if success.same_token and success not in messaging]
    if refusal.evidence.has_provider:
        if same:
            yield f"{same[0].shown}, so the role is good.", {ROLE}
    elif same:
        yield f"{same[0].shown}, so the token and the role are good.", {ROLE, TOKEN}
    else:
        if messaging:
            yield f"{messaging[0].shown}, so the role is good.", {ROLE}
        if uploads:
            yield f"{uploads[0].shown}, so the token is good.", {TOKEN}
    name = refusal.operation.operation_id
    here = (success.operation.operation_id for success in successes if success.same_marketplace)
    if name in here and not any(_doubts(refusal)):
        yield f"{name} was answered before, so the path is good.", {PATH}


def _renewed(evidence: Evidence) -> list[str]:
    return ["The token was renewed a moment ago."] if evidence.just_renewed else []


def _doubts(refusal: Refusal) -> Iterator[str]:
    """The facts that suggest that the path is wrong."""
    evidence = refusal.evidence
    if evidence.marketplace:
        yield f"The call is about {evidence.marketplace}, which is not the client's own marketplace."
    if not refusal.operation.module:
        yield "No known operation has this path."
    if not evidence.amazons_endpoint:
        yield "The endpoint is not Amazon's."
    if not refusal.has_request_id:
        yield "The answer has no request id of Amazon's."


def _remaining(refusal: Refusal, excluded: set[str]) -> list[str]:
    """The causes that are left, the most likely first."""
    operation = refusal.operation
    # The read of some orders is refused so, and an invoice whose order does not exist.
    of_the_order = operation.kind == "read" or operation.operation_id == "sendInvoice"
    order = [ROLE, TOKEN, PATH]
    if operation.module and ROLE in excluded:
        order.insert(0, NOT_AVAILABLE)
    elif operation.module and of_the_order:
        order.append(NOT_AVAILABLE)
    # A sandbox, and a gateway that hands Amazon's answers on, give request ids.
    elsewhere = not operation.module or refusal.evidence.marketplace or not refusal.has_request_id
    if elsewhere or (operation.kind == "upload" and ROLE in excluded):
        order.sort(key=lambda cause: cause != PATH)
    return [cause for cause in order if cause not in excluded]


def _advice(cause: str, refusal: Refusal) -> str:
    """What to check for a cause: a sentence without its beginning and its end."""
    evidence = refusal.evidence
    if cause == ROLE:
        return (
            "the Buyer Communication role is missing: give it to the application, then let the seller authorise it anew"
        )
    if cause == TOKEN:
        path = ", and that a restricted one is made for this path" if evidence.has_provider else ""
        return f"the token is for another seller or region: check that it belongs to the seller of this order{path}"
    if cause == NOT_AVAILABLE:
        wrong = "does not exist" if refusal.operation.operation_id == "sendInvoice" else "is another seller's"
        return f"the order {wrong}, or does not allow this now: look at which messages it allows"
    if not refusal.operation.module:
        return "the path is wrong: check the endpoint, the method and the path"
    marketplace = evidence.marketplace or "this marketplace"
    return f"the path is wrong: check the endpoint, and that the order was placed in {marketplace}"
