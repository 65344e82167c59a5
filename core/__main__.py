"""`python -m core`: predict, train, train-prompts, evaluate, shapes, models, check, convert, distill."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence

from core.commands.arguments import (
    Check,
    Convert,
    Distill,
    Evaluate,
    Models,
    Predict,
    Recipes,
    Shapes,
    Train,
    TrainPrompts,
    parse,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0, 1 where it found something wrong in its data, or 2 for an error."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        command = parse(given)
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            return _run(command)
    except KeyboardInterrupt:
        return 130
    except (ValueError, OSError) as error:  # what a user can mend; anything else is our mistake and shows its traceback
        print(f"error: {_one_line(error)}", file=sys.stderr)
        return 2


def _run(
    command: Predict | Train | Recipes | Evaluate | Shapes | Models | Check | Convert | Distill | TrainPrompts,
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
        case Shapes():
            from core.datasets.shapes import write_shapes

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


def _one_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror.lower()}"
    return " ".join(str(error).split()) or type(error).__name__


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    """One line, without the place in the code."""
    print(f"warning: {message}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
