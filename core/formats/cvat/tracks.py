"""The tracks of CVAT for video 1.1: an object through the frames of a video, a shape in each."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

from core.formats.notes import Notes


def frames_of_tracks(root: Element, notes: Notes) -> list[Element]:
    """An <image> for each frame that a track is seen in, called as CVAT calls the pictures of frames.

    CVAT writes each frame's shape, also where it worked it out itself (`keyframe` 0); `outside` 1 says that the object
    is not seen. Each shape gets its track's label, source and, as the attribute `track_id`, its number.
    """
    size = {side: (root.findtext(f"meta//original_size/{side}") or "").strip() for side in ("width", "height")}
    frames: dict[int, Element] = {}
    for track in root.iter("track"):
        about = f"track {track.get('id', '?')}"
        shown = False
        for shape in track:
            frame = shape.get("frame", "")
            if not frame.isdecimal() or len(frame) > 9:
                notes.add("a shape without the number of its frame: left out", about)
                continue
            if _is_outside(shape):
                continue
            image = frames.setdefault(int(frame), Element("image", {"name": f"frame_{int(frame):06d}", **size}))
            shape.set("label", track.get("label", ""))
            shape.set("source", track.get("source", ""))
            SubElement(shape, "attribute", {"name": "track_id"}).text = track.get("id", "")
            image.append(shape)
            shown = True
        if shown:
            notes.add("a track of a video comes as an object on each of its frames, with its number as track_id", about)
    return [frames[number] for number in sorted(frames)]


def _is_outside(shape: Element) -> bool:
    points = shape.findall("points") if shape.tag == "skeleton" else []
    return shape.get("outside") == "1" or (bool(points) and all(point.get("outside") == "1" for point in points))
