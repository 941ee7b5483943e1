"""The way of a call, from the arguments to the receipt."""

from __future__ import annotations

from drawing.svg import Picture
from spapi_messaging.retry import RetryPolicy

TITLE = "The way of a message"
TOLD = (
    "The message is checked first. Its files are uploaded. Then the call gets an access token, waits for its turn in "
    "the usage plan, and makes one exchange with Amazon. The outcome is judged: accepted, refused, unknown, or safe "
    "to repeat. Only what is safe to repeat goes again, from the token on."
)
#: By step: where it is in the code, and what it does. The files are below wrapper/spapi_messaging.
STEPS = {
    "1 Check": ("_operation/message_rules.py", ["the type's rules,", "before anything is sent"]),
    "2 Upload": ("_upload/flow.py", ["each file: a destination,", "then a PUT to the storage"]),
    "3 Token": ("_call/tokens.py", ["one for all callers, kept", "until shortly before its end"]),
    "4 Turn": ("_call/turn.py", ["waits in the queue of the", "bucket; nothing is sent yet"]),
    "5 Exchange": ("_call/flow.py", ["one request, one answer,", "or none"]),
    "6 Judge": ("_call/outcome.py", ["what the answer means,", "or that there is none"]),
}


def drawn() -> str:
    """The picture."""
    picture = Picture(1000, 500, TITLE, TOLD)
    places = [(24, 24), (356, 24), (688, 24), (688, 180), (356, 180), (24, 180)]
    for (x, y), (name, (file, lines)) in zip(places, STEPS.items(), strict=True):
        picture.box(x, y, 248, name, [*lines, file], kind="main" if name == "5 Exchange" else "box")
    for path in ("M272 76 H354", "M604 76 H686", "M812 128 V178", "M688 232 H606", "M356 232 H274"):
        picture.arrow(path)
    picture.box(24, 364, 200, "Accepted", ["a SendReceipt"], kind="main")
    picture.box(256, 364, 200, "Refused", ["the error says why;", "the buyer got nothing"])
    picture.box(488, 364, 200, "Unknown", ["DeliveryUnknownError,", "never sent again"], kind="care")
    picture.box(720, 364, 216, "Safe to repeat", ["429, no connection, an", "expired token, a failed read"])
    for path in ("M100 284 V362", "M130 284 C130 328 330 320 340 362", "M160 284 C160 324 560 314 580 362",
                 "M190 284 C190 320 790 310 810 362"):  # fmt: skip
        picture.arrow(path)
    picture.arrow("M936 406 C984 340 984 130 938 76", thin=True)
    picture.words(660, 478, f"again from the token on, up to {RetryPolicy().attempts} attempts")
    return picture.svg()
