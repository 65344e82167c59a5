"""English: tests and scripts know these lines, word for word."""

from __future__ import annotations

ENGLISH = {
    # What is not there.
    "no_image": "there is no image {image}",
    "no_image_in_trash": "there is no image {image} in the trash",
    "no_instance": "there is no instance {instance} on image {image}",
    "no_category": "there is no category {category}",
    "no_note": "there is no note {note} on image {image}",
    "no_job": "there is no fine-tuning job {job}",
    "no_model": "there is no model {model!r}: choose one of {known}",
    # Somebody else was faster.
    "deleted_elsewhere": "instance {instance} was deleted elsewhere",
    "changed_elsewhere": (
        "instance {instance} was changed elsewhere: it is at revision {revision}, the change was based on {base}"
    ),
    "ahead_of_image": "the change was based on revision {base}, but image {image} is at {revision}",
    "made_and_deleted": "what this request made was deleted since",
    "nothing_to_undo": "there is nothing to undo on image {image}",
    "nothing_to_redo": "there is nothing to redo on image {image}",
    "others_edits": "the last edits on image {image} are somebody else's; you have none here",
    "object_changed_since": "cannot {act}: somebody else has changed the object since",
    "object_deleted_since": "cannot {act}: somebody else has deleted the object since",
    "faster": "somebody else was faster by a moment; send it again",
    "job_over": "job {job} has {state} already",
    # Classes.
    "category_exists": "there is already a category {name!r}",
    "category_id_taken": "category id {category} is taken",
    "category_used": "category {name!r} is used by {number} instances: merge it into another, or delete them first",
    "category_into_itself": "category {name!r} cannot be merged into itself",
    "keypoints_not_named": "objects of {name!r} have keypoints that {other!r} does not name: give it the same first",
    "keypoints_counted": (
        "{number} instances of {name!r} have {count} keypoints each: names can be changed, their number cannot"
    ),
    "category_without_name": "a category needs a name",
    "category_name_long": "a category's name has at most {most} characters",
    "category_name_control": "the category name {name!r} holds a control character",
    "keypoint_names_alike": "two keypoints of a category have the same name",
    "too_many_keypoints": "{number} keypoints: at most {most} are possible",
    "skeleton_pairs": "skeleton needs pairs of keypoint numbers from 1 to {most}",
    "attribute_name": "an attribute's name has 1 to {most} characters",
    "attribute_type": "attribute {name!r} needs a type: {types}",
    "attribute_choices": "attribute {name!r} needs 1 to {most} choices",
    "too_many_attributes": "an object has at most {most} attributes",
    # Objects and notes.
    "no_pixel": "segmentation covers no pixel of the image: draw it larger or delete it",
    "box_outside": "bbox {box} covers nothing of the image of {width}×{height} pixels",
    "category_without_keypoints": "the category has no keypoints: give it their names first",
    "keypoint_outside": "keypoint {name} at ({x:g}, {y:g}) lies outside the image",
    "point_outside": "the point ({x:g}, {y:g}) lies outside the image of {width}×{height}",
    "note_words": "a note has words, at most {most} characters of them",
    "same_source": "an image's objects are already on it: name another image as source",
    # Fine-tuning.
    "none_reviewed": (
        "Fine-tuning needs at least {fewest} reviewed images and there are none: correct an image and mark it reviewed."
    ),
    "one_reviewed": (
        "Fine-tuning needs at least {fewest} reviewed images and there is 1: correct an image and mark it reviewed."
    ),
    "nothing_on_reviewed": (
        "The {images} reviewed images have no instances to learn from: "
        "draw or accept at least one object, or choose other classes."
    ),
    "all_held_out": (
        "All instances are on held-out images, and none is left to learn from: "
        "review another image that shows these classes."
    ),
    # Statistics.
    "not_both": "{people} did not both work on image {image}",
    # Who may do what.
    "for_reviewers": "{person} is {role}: this is for a reviewer{act}",
    "for_admins": "{person} is {role}: this is for an admin{act}",
    "for_annotators": "{person} is {role}: this is for an annotator{act}",
    # The server.
    "full": "the disk is full: nothing of this was stored; make room and send it again",
    "no_more_files": (
        "more files came at once than this system lets a program open: nothing of this was stored; send fewer at a time"
    ),
    "busy": "the database is busy: nothing of this was stored; send it again in a moment",
    "no_database": "the database does not answer; the server's output says why",
    "not_writable": "the workspace cannot be written ({reason}); nothing was stored",
    "too_large_value": "a value of the request is larger than the database can hold",
    "unexpected": "something went wrong in the server; its output says what",
}
