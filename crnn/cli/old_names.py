"""Commands and options that have another name now."""

from __future__ import annotations

from collections.abc import Sequence

from crnn.errors import UnknownOption

COMMANDS = {
    "gate": "compare",
    "improve": "fine-tune",
    "place": "deploy",
    "replay": "make-replay-set",
}
OPTIONS = {("export", "--way"): "--interpolate"}


def refuse_old_names(argv: Sequence[str]) -> None:
    """Check the words of a command line.

    Raises: UnknownOption for an old name of a command or an option, with the new one.
    """
    command = argv[0] if argv else ""
    if command in COMMANDS:
        raise UnknownOption(f"the command {command!r} is now called {COMMANDS[command]!r}")
    for word in argv[1:]:
        option = word.partition("=")[0]
        if (command, option) in OPTIONS:
            new = OPTIONS[command, option]
            raise UnknownOption(f"the option {option!r} is now called {new!r}")
