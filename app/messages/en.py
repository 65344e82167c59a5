"""English: tests and scripts know these lines, word for word."""

from __future__ import annotations

ENGLISH = {
    # What is not there.
    "no_image": "there is no image {image}",
    "no_image_in_trash": "there is no image {image} in the trash",
    "no_instance": "there is no instance {instance} on image {image}",
    "no_category": "there is no category {category}",
    "no_note": "there is no note {note} on image {image}",
    "file_gone": "the file of {name} is gone from the workspace; upload it again",
    "file_damaged": "the file of {name} in the workspace is damaged; upload it again",
    "no_samples": "no sample photographs came with this program: add images of your own",
    "no_job": "there is no fine-tuning job {job}",
    "no_model": "there is no model {model!r}: choose one of {known}",
    "model_unavailable": "model {model!r} cannot be used: {reason}",
    "going_on_with_starter": "model {model!r} cannot be used ({reason}); going on with the starter model",
    "small_model": (
        "{model} is a small model: it misses much of what is small or crowded; fine-tuning on your images helps."
    ),
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
    # The page that asks for the token; HTML.
    "token_wanted": (
        "This page asks for the token. It is in the link that you were sent, in the address that was printed when the "
        "assistant was started, and in the file <code>token</code> of its workspace."
    ),
    "token_wrong": (
        "This is not the token of this workspace, nor a link that opens it. The workspace's is in the file "
        "<code>token</code> there; who invited you can make a new link."
    ),
    "frame_used": "This frame was opened before. Run the cell again, or enter the token of the workspace.",
    "token": "Token",
    "open": "Open",
    # The Fine-tune tab; Markdown.
    "annotate": "Annotate",
    "finetune": "Fine-tune",
    "introduction": (
        "Teach the model your classes. Training starts from the base model and learns from **every image you marked "
        "reviewed**; your annotations do not change. Afterwards you see both models on images held out from training, "
        "and decide whether to use the new one."
    ),
    "base_model": "Base model",
    "base_model_info": "To learn without bias, start from the original model again.",
    "epochs": "Passes over the images (epochs)",
    "class": "Class",
    "to_learn_from": "Instances to learn from",
    "held_out": "Held out",
    "cancel": "Cancel",
    "use_model": "Use this model",
    "model_in_use": "This model is in use",
    "held_out_instances": "Held-out instances",
    "ap_before": "AP before",
    "ap_after": "AP after",
    "versions": "Model versions",
    "version": "Version",
    "origin": "Origin",
    "classes": "Classes",
    "ap50_held_out": "AP50 on held-out images",
    "go_back": "Go back to, or forward to",
    "use_version": "Use this version",
    "version_wanted": "Choose a version first.",
    "versions_note": (
        "A version that comes into use predicts the images that nobody has worked on anew. "
        "Nothing you drew, corrected or accepted changes."
    ),
    "picture": "Held-out image: as it is, as the base model sees it, as the new one does",
    # How long.
    "no_minute": "less than a minute",
    "minutes_one": "about {number} minute",
    "minutes": "about {number} minutes",
    "hours": "about {hours} hours",
    # What would be learnt.
    "nothing_reviewed": "No image is marked reviewed yet.",
    "reviewed_images_one": "{number} reviewed image",
    "reviewed_images": "{number} reviewed images",
    "all_to_learn": (
        "**{images}**, all to learn from. From four on, some are held out to compare the models before and after."
    ),
    "parts": (
        "**{images}**: {train} to learn from, {held_out} held out to compare the models before and after. "
        "A held-out image stays held out."
    ),
    "and": " and ",
    "more_pairs": " and {number} more pairs",
    "sides": " {pairs}{more} differ by their side only: images are not mirrored while training.",
    "stay_as_known": " Too few objects of {names} to learn from: the model goes on finding them as it does now.",
    "measuring": "Measuring how fast this machine trains…",
    "shows_later": "How long it takes shows once it has begun.",
    "takes": "Takes **{duration}** on this machine; you can go on annotating meanwhile.",
    # How a job stands.
    "other_jobs_one": "{number} other job",
    "other_jobs": "{number} other jobs",
    "job_waits": "Fine-tuning {job} from {base} waits for {ahead} to end.",
    "job_stopping": "Fine-tuning {job} is stopping after the step it is in…",
    "job_running": "**Fine-tuning {job}** from {base}: {phase}. It goes on when you close this page.",
    "job_training": (
        "**Fine-tuning {job}** from {base}: {phase}, {progress:.0%} done, {duration} left. "
        "It goes on when you close this page."
    ),
    "job_cancelled": "Fine-tuning {job} was cancelled. Nothing has changed.",
    "job_failed": "Fine-tuning {job} failed: {error}",
    "job_finished": "**Fine-tuning {job}** from {base} finished in {duration}.",
    "no_message": "the training process ended without a message; the machine may have run out of memory",
    "starting": "starting",
    "measuring_speed": "measuring the speed of this machine",
    "judging_base": "judging the base model",
    "training": "training",
    "judging_new": "judging the new model",
    "tuning_prompts": "tuning the masks by click and box",
    # What came of it.
    "not_compared": (
        "`{model}` is ready. It cannot be compared with its base model yet: "
        "review at least four images, and some are held out for that."
    ),
    "nothing_to_compare": (
        "`{model}` is ready. The held-out images show none of its classes, so nothing can be compared."
    ),
    "masks": "masks",
    "boxes": "boxes",
    "as_well": "does about as well as",
    "better": "does better than",
    "worse": "does worse than",
    "held_out_images_one": "{number} held-out image",
    "held_out_images": "{number} held-out images",
    "outcome": "On {images} `{model}` {verdict} its base model: AP50 of {noun} {ap50}, AP {ap}.",
    "intervals": " In brackets what nine of ten other draws of so few images would give.",
    "prompts_too_few": (
        " Masks by click and box stay as they are: too few objects to learn from and to judge by "
        "(five of 16×16 pixels or more, with a mask, on held-out images)."
    ),
    "prompts_failed": " Masks by click and box stay as they are, tuning them failed: {error}.",
    "held_out_objects_one": "{number} held-out object",
    "held_out_objects": "{number} held-out objects",
    "prompts_kept": (" Masks by click and box, mean IoU on {objects}: {change}; it is used together with this model."),
    "prompts_dropped": " Masks by click and box, mean IoU on {objects}: {change}; so the one before stays.",
    "hides": " Found on reviewed images and kept on none, so it shows less often: {names}.",
    "in_use": "in use",
    "on_this_machine": "on this machine",
    "downloaded_later": "is downloaded when it is first used",
    "tuned_from": "fine-tuned from {parent}",
    "images_one": "{number} image",
    "images": "{number} images",
    "untouched_images_one": "{number} untouched image",
    "untouched_images": "{number} untouched images",
    "predicting": "Predicting untouched images with {model}: {done} of {total} done.",
    "predicted": "{images} predicted anew with {model}.",
    "not_predicted": " {images} could not be predicted.",
    # Its curves; HTML.
    "loss": "Loss",
    "loss_means": "How far the answers are from your annotations while the model learns; lower is better.",
    "no_loss": "The first step has not ended yet.",
    "smoothed": "smoothed, now {value}",
    "each_step": "each step, last {value}",
    "loss_label": "Loss by epoch: smoothed {first:.2f} at first, {last:.2f} now",
    "precision_of_masks": "Average precision of masks",
    "precision_of_boxes": "Average precision of boxes",
    "precision_means": (
        "On the held-out images, from 0 to 1. AP50: objects found with at least half an overlap; "
        "AP: the mean over stricter and stricter overlaps."
    ),
    "no_precision": "Measured after each pass over the images, where some are held out (from four reviewed images on).",
    "precision_now": "{name}, now {value}",
    "precision_label": "{title} by epoch: AP50 {ap50:.2f}, AP {ap:.2f} now",
    "epoch": "Epoch {epoch:g}: {value:.3f}",
    # What goes wrong there.
    "tab_busy": "The database is busy or cannot be written. Nothing has changed; try again in a moment.",
    "tab_not_writable": "The workspace cannot be written ({reason}).",
    "see_output": "see the output of the server",
    "tab_failed": "This did not work; the output of the server says why.",
}
