"""`python -m core`: predict, train, train-prompts, evaluate, export, shapes, models, check, convert, distill."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence

from core.commands.arguments import (
    Check,
    Convert,
    Distill,
    Evaluate,
    Export,
    Models,
    Predict,
    Recipes,
    Shapes,
    Train,
    TrainPrompts,
    parse,
)
from core.commands.output import print_any_character


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0, 1 where it found something wrong in its data, or 2 for an error."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    print_any_character()
    try:
        command = parse(given)
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            status = _run(command)
            sys.stdout.flush()
            return status
    except KeyboardInterrupt:
        return 130
    except (ValueError, OSError) as error:  # what a user can mend; anything else is our mistake and shows its traceback
        _give_up_output()
        print(f"error: {_one_line(error)}", file=sys.stderr)
        return 2


def _run(
    command: Predict | Train | Recipes | Evaluate | Export | Shapes | Models | Check | Convert | Distill | TrainPrompts,
) -> int:
    """Import and carry out what a command needs: torch takes a second or two, and asking for help should not."""
    match command:
        case Predict():
            from core.commands.predict import predict

            return predict(command)
        case Train():
            from core.commands.train import train

            return train(command.config())
        case TrainPrompts():
            from core.commands.train_prompts import train_prompts

            return train_prompts(command)
        case Recipes():
            from core.commands.recipes import list_recipes

            return list_recipes()
        case Evaluate():
            from core.commands.evaluate import evaluate

            return evaluate(command)
        case Export():
            from core.commands.export import export

            return export(command)
        case Shapes():
            from core.datasets.synthetic_scenes import write_shapes
            from core.ranges import ONE_OR_MORE, SEED, check_ranges

            ranges = dict.fromkeys(("images", "height", "width", "max_objects"), ONE_OR_MORE)
            check_ranges(command, ranges | {"seed": SEED}, command_line=True)
            file = write_shapes(
                command.out,
                command.images,
                command.seed,
                height=command.height,
                width=command.width,
                max_objects=command.max_objects,
            )
            print(f"wrote {command.images} scenes: {file}")
            return 0
        case Models():
            from core.commands.models import list_models

            return list_models(command)
        case Check():
            from core.commands.check import check

            return check(command)
        case Convert():
            from core.commands.convert import convert

            return convert(command)
        case Distill():
            from core.commands.distill import distill

            return distill(command)


def _give_up_output() -> None:
    """Where the output cannot be written (a full disk, a reader that has gone), nothing is tried again at the end."""
    try:
        sys.stdout.flush()
    except OSError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - it is the output until the end


def _one_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror.lower()}"
    return " ".join(str(error).split()) or type(error).__name__


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    """One line, without the place in the code."""
    print(f"warning: {message}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
