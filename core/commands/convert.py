"""`python -m core convert`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from core.commands.arguments import Convert
from core.datasets.cityscapes import cityscapes_to_coco
from core.files import write_text_atomically


def convert(command: Convert) -> int:
    """Write a data set of another layout as COCO JSON, and say how to train on it."""
    output = Path(command.output)
    if not output.absolute().parent.is_dir():
        raise FileNotFoundError(f"{output}: there is no such folder to write it in")
    data = cityscapes_to_coco(command.root, command.split)
    text = json.dumps(data)
    write_text_atomically(output, text)
    crowds = sum(annotation["iscrowd"] for annotation in data["annotations"])
    objects = len(data["annotations"]) - crowds
    print(f"{len(data['images'])} images, {objects} objects, {crowds} crowds: {output}")
    print(f"python -m core train --images {command.root} --annotations {output} …", file=sys.stderr)
    return 0
