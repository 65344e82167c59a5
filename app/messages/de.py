"""German."""

from __future__ import annotations

GERMAN = {
    "no_image": "Bild {image} gibt es nicht",
    "no_image_in_trash": "Bild {image} liegt nicht im Papierkorb",
    "no_instance": "Objekt {instance} gibt es auf Bild {image} nicht",
    "no_category": "Klasse {category} gibt es nicht",
    "no_note": "Notiz {note} gibt es bei Bild {image} nicht",
    "file_gone": "die Datei von {name} fehlt im Arbeitsordner; laden Sie sie noch einmal hoch",
    "file_damaged": "die Datei von {name} im Arbeitsordner ist beschädigt; laden Sie sie noch einmal hoch",
    "no_samples": "diesem Programm liegen keine Beispielfotos bei: fügen Sie eigene Bilder hinzu",
    "no_job": "Trainingslauf {job} gibt es nicht",
    "no_model": "Modell „{model}“ gibt es nicht: wählen Sie eines von {known}",
    "model_unavailable": "Modell „{model}“ ist nicht verwendbar: {reason}",
    "going_on_with_starter": "Modell „{model}“ ist nicht verwendbar ({reason}); weiter geht es mit „starter“",
    "small_model": (
        "{model} ist ein kleines Modell: Kleines und Gedrängtes übersieht es oft; "
        "Nachtrainieren mit Ihren Bildern hilft."
    ),
    "deleted_elsewhere": "Objekt {instance} wurde anderswo gelöscht",
    "changed_elsewhere": (
        "Objekt {instance} wurde anderswo geändert: es hat Revision {revision}, die Änderung ging von {base} aus"
    ),
    "ahead_of_image": "die Änderung ging von Revision {base} aus, Bild {image} hat aber {revision}",
    "made_and_deleted": "was hier angelegt wurde, ist seither gelöscht worden",
    "nothing_to_undo": "auf Bild {image} ist nichts rückgängig zu machen",
    "nothing_to_redo": "auf Bild {image} ist nichts zu wiederholen",
    "others_edits": "die letzten Änderungen an Bild {image} sind von jemand anderem; von Ihnen ist hier keine",
    "object_changed_since": "jemand anderes hat das Objekt seither geändert",
    "object_deleted_since": "jemand anderes hat das Objekt seither gelöscht",
    "faster": "jemand anderes war einen Augenblick schneller; versuchen Sie es noch einmal",
    "job_over": "Trainingslauf {job} ist schon zu Ende",
    "category_exists": "eine Klasse „{name}“ gibt es schon",
    "category_id_taken": "die Klassennummer {category} ist vergeben",
    "category_used": (
        "{number} Objekte sind von der Klasse „{name}“: vereinen Sie sie mit einer anderen, oder löschen Sie sie zuerst"
    ),
    "category_into_itself": "die Klasse „{name}“ kann nicht mit sich selbst vereint werden",
    "keypoints_not_named": (
        "Objekte von „{name}“ haben Keypoints, die „{other}“ nicht nennt: geben Sie ihr zuerst dieselben"
    ),
    "keypoints_counted": (
        "{number} Objekte von „{name}“ haben je {count} Keypoints: Namen lassen sich ändern, ihre Zahl nicht"
    ),
    "category_without_name": "eine Klasse braucht einen Namen",
    "category_name_long": "der Name einer Klasse hat höchstens {most} Zeichen",
    "category_name_control": "der Klassenname {name!r} enthält ein Steuerzeichen",
    "keypoint_names_alike": "zwei Keypoints der Klasse haben denselben Namen",
    "too_many_keypoints": "{number} Keypoints: höchstens {most} sind möglich",
    "skeleton_pairs": "das Skelett braucht Paare von Keypoint-Nummern von 1 bis {most}",
    "attribute_name": "der Name eines Attributs hat 1 bis {most} Zeichen",
    "attribute_type": "das Attribut „{name}“ braucht eine Art: {types}",
    "attribute_choices": "das Attribut „{name}“ braucht 1 bis {most} Werte",
    "too_many_attributes": "ein Objekt hat höchstens {most} Attribute",
    "no_pixel": "die Maske bedeckt kein Pixel des Bildes: zeichnen Sie größer, oder löschen Sie sie",
    "box_outside": "die Box {box} bedeckt nichts vom Bild ({width}×{height} Pixel)",
    "category_without_keypoints": "die Klasse hat keine Keypoints: geben Sie ihnen zuerst Namen",
    "keypoint_outside": "der Keypoint {name} bei ({x:g}, {y:g}) liegt außerhalb des Bildes",
    "point_outside": "der Punkt ({x:g}, {y:g}) liegt außerhalb des Bildes ({width}×{height})",
    "note_words": "eine Notiz hat Worte, höchstens {most} Zeichen",
    "same_source": "die Objekte eines Bildes sind schon auf ihm: nennen Sie ein anderes Bild als Quelle",
    "none_reviewed": (
        "Zum Lernen braucht es mindestens {fewest} geprüfte Bilder, und es gibt keines: "
        "korrigieren Sie ein Bild, und markieren Sie es als geprüft."
    ),
    "one_reviewed": (
        "Zum Lernen braucht es mindestens {fewest} geprüfte Bilder, und es gibt eines: "
        "korrigieren Sie ein Bild, und markieren Sie es als geprüft."
    ),
    "nothing_on_reviewed": (
        "Auf den {images} geprüften Bildern sind keine Objekte, aus denen zu lernen wäre: "
        "zeichnen Sie eines, nehmen Sie eines an, oder wählen Sie andere Klassen."
    ),
    "all_held_out": (
        "Alle Objekte sind auf zurückgehaltenen Bildern, zum Lernen bleibt keines: "
        "prüfen Sie ein weiteres Bild mit diesen Klassen."
    ),
    "not_both": "{people} haben nicht beide an Bild {image} gearbeitet",
    "for_reviewers": "{person} darf das nicht: es ist denen vorbehalten, die prüfen",
    "for_admins": "{person} darf das nicht: es ist denen vorbehalten, die verwalten",
    "for_annotators": "{person} darf das nicht: es ist denen vorbehalten, die annotieren",
    "full": "die Platte ist voll: nichts davon wurde gespeichert; schaffen Sie Platz und versuchen Sie es noch einmal",
    "no_more_files": (
        "es kamen mehr Dateien auf einmal, als ein Programm hier öffnen darf: nichts davon wurde gespeichert; "
        "senden Sie weniger zugleich"
    ),
    "busy": "die Datenbank ist beschäftigt: nichts davon wurde gespeichert; versuchen Sie es gleich noch einmal",
    "no_database": "die Datenbank antwortet nicht; die Ausgabe des Servers sagt, warum",
    "not_writable": "in den Arbeitsbereich lässt sich nicht schreiben ({reason}); nichts wurde gespeichert",
    "too_large_value": "ein Wert ist größer, als die Datenbank fassen kann",
    "unexpected": "im Server ging etwas schief; seine Ausgabe sagt, was",
    "token_wanted": (
        "Diese Seite fragt nach dem Token. Es steht in dem Link, den Sie bekommen haben, in der Adresse, die beim "
        "Start des Programms ausgegeben wurde, und in der Datei <code>token</code> seines Arbeitsbereichs."
    ),
    "token_wrong": (
        "Das ist weder das Token dieses Arbeitsbereichs noch ein Link, der ihn öffnet. Das Token steht in seiner Datei "
        "<code>token</code>; wer Sie eingeladen hat, kann einen neuen Link machen."
    ),
    "frame_used": (
        "Dieser Rahmen wurde schon einmal geöffnet. Führen Sie die Zelle noch einmal aus, oder geben Sie das Token des "
        "Arbeitsbereichs ein."
    ),
    "token": "Zugangstoken",
    "open": "Öffnen",
    "annotate": "Annotieren",
    "finetune": "Nachtrainieren",
    "introduction": (
        "Bringen Sie dem Modell Ihre Klassen bei. Das Training geht vom Ausgangsmodell aus und lernt aus **jedem Bild, "
        "das Sie als geprüft markiert haben**; Ihre Annotationen ändern sich nicht. Danach sehen Sie beide Modelle auf "
        "Bildern, die zurückgehalten wurden, und entscheiden, ob das neue benutzt wird."
    ),
    "base_model": "Ausgangsmodell",
    "base_model_info": "Um unvoreingenommen zu lernen, gehen Sie wieder vom ursprünglichen Modell aus.",
    "epochs": "Durchgänge durch die Bilder (Epochen)",
    "class": "Klasse",
    "to_learn_from": "Objekte zum Lernen",
    "held_out": "Zurückgehalten",
    "cancel": "Abbrechen",
    "use_model": "Dieses Modell benutzen",
    "model_in_use": "Dieses Modell wird benutzt",
    "held_out_instances": "Zurückgehaltene Objekte",
    "ap_before": "AP vorher",
    "ap_after": "AP nachher",
    "versions": "Modellversionen",
    "version": "Modellversion",
    "origin": "Herkunft",
    "classes": "Klassen",
    "ap50_held_out": "AP50 auf zurückgehaltenen Bildern",
    "go_back": "Zurück oder vor zu",
    "use_version": "Diese Version benutzen",
    "version_wanted": "Wählen Sie zuerst eine Version.",
    "versions_note": (
        "Eine Version, die in Benutzung kommt, sieht sich die Bilder neu an, an denen noch niemand gearbeitet hat. "
        "Was Sie gezeichnet, korrigiert oder angenommen haben, ändert sich nicht."
    ),
    "picture": "Zurückgehaltenes Bild: wie es ist, wie es das Ausgangsmodell sieht, wie das neue",
    "no_minute": "weniger als eine Minute",
    "minutes_one": "etwa {number} Minute",
    "minutes": "etwa {number} Minuten",
    "hours": "etwa {hours} Stunden",
    "nothing_reviewed": "Noch ist kein Bild als geprüft markiert.",
    "reviewed_images_one": "{number} geprüftes Bild",
    "reviewed_images": "{number} geprüfte Bilder",
    "all_to_learn": (
        "**{images}**, alle zum Lernen. Von vieren an werden einige zurückgehalten, "
        "um die Modelle vorher und nachher zu vergleichen."
    ),
    "parts": (
        "**{images}**: {train} zum Lernen, {held_out} zurückgehalten, um die Modelle vorher und nachher "
        "zu vergleichen. Was zurückgehalten wurde, bleibt es."
    ),
    "and": " und ",
    "more_pairs": " und {number} weitere Paare",
    "sides": " {pairs}{more} unterscheidet nur die Seite: Bilder werden beim Training nicht gespiegelt.",
    "stay_as_known": " Zum Lernen gibt es zu wenige Objekte von {names}: das Modell findet sie weiter wie bisher.",
    "measuring": "Misst, wie schnell dieser Rechner trainiert…",
    "shows_later": "Wie lange es dauert, zeigt sich, sobald es begonnen hat.",
    "takes": "Dauert **{duration}** auf diesem Rechner; Sie können währenddessen weiter annotieren.",
    "other_jobs_one": "{number} anderen Lauf",
    "other_jobs": "{number} andere Läufe",
    "job_waits": "Trainingslauf {job} von {base} aus wartet auf {ahead}.",
    "job_stopping": "Trainingslauf {job} hält nach dem Schritt an, in dem er ist…",
    "job_running": "**Trainingslauf {job}** von {base} aus: {phase}. Er läuft weiter, wenn Sie diese Seite schließen.",
    "job_training": (
        "**Trainingslauf {job}** von {base} aus: {phase}, {progress:.0%} getan, noch {duration}. "
        "Er läuft weiter, wenn Sie diese Seite schließen."
    ),
    "job_cancelled": "Trainingslauf {job} wurde abgebrochen. Nichts hat sich geändert.",
    "job_failed": "Trainingslauf {job} ist gescheitert: {error}",
    "job_finished": "**Trainingslauf {job}** von {base} aus war nach {duration} fertig.",
    "no_message": "das Training endete ohne ein Wort; vielleicht ging dem Rechner der Speicher aus",
    "starting": "beginnt",
    "measuring_speed": "misst, wie schnell dieser Rechner ist",
    "judging_base": "beurteilt das Ausgangsmodell",
    "training": "trainiert",
    "judging_new": "beurteilt das neue Modell",
    "tuning_prompts": "verbessert die Masken aus Klick und Box",
    "not_compared": (
        "`{model}` ist fertig. Mit dem Ausgangsmodell lässt es sich noch nicht vergleichen: "
        "prüfen Sie mindestens vier Bilder, dann werden einige dafür zurückgehalten."
    ),
    "nothing_to_compare": (
        "`{model}` ist fertig. Die zurückgehaltenen Bilder zeigen keine seiner Klassen: es gibt nichts zu vergleichen."
    ),
    "masks": "Masken",
    "boxes": "Boxen",
    "as_well": "etwa so gut wie",
    "better": "besser als",
    "worse": "schlechter als",
    "held_out_images_one": "{number} zurückgehaltenen Bild",
    "held_out_images": "{number} zurückgehaltenen Bildern",
    "outcome": "Auf {images} ist `{model}` {verdict} sein Ausgangsmodell: AP50 der {noun} {ap50}, AP {ap}.",
    "intervals": " In Klammern, was neun von zehn anderen Auswahlen so weniger Bilder ergäben.",
    "prompts_too_few": (
        " Masken aus Klick und Box bleiben, wie sie sind: zu wenige Objekte, um zu lernen und zu urteilen "
        "(fünf mit Maske, von 16×16 Pixeln an, auf zurückgehaltenen Bildern)."
    ),
    "prompts_failed": " Masken aus Klick und Box bleiben, wie sie sind, ihre Verbesserung scheiterte: {error}.",
    "held_out_objects_one": "{number} zurückgehaltenen Objekt",
    "held_out_objects": "{number} zurückgehaltenen Objekten",
    "prompts_kept": (
        " Masken aus Klick und Box, mittlere IoU auf {objects}: {change}; sie werden mit diesem Modell benutzt."
    ),
    "prompts_dropped": " Masken aus Klick und Box, mittlere IoU auf {objects}: {change}; darum bleiben die vorigen.",
    "hides": " Auf geprüften Bildern gefunden, auf keinem behalten und darum seltener gezeigt: {names}.",
    "in_use": "benutzt",
    "on_this_machine": "auf diesem Rechner",
    "downloaded_later": "wird geladen, sobald es zum ersten Mal benutzt wird",
    "tuned_from": "nachtrainiert von {parent} aus",
    "images_one": "{number} Bild",
    "images": "{number} Bilder",
    "untouched_images_one": "{number} unberührtes Bild",
    "untouched_images": "{number} unberührte Bilder",
    "predicting": "{model} sieht sich die unberührten Bilder an: {done} von {total}.",
    "predicted": "{images} mit {model} neu angesehen.",
    "not_predicted": " {images} konnte es nicht ansehen.",
    "loss": "Verlust (Loss)",
    "loss_means": "Wie weit die Antworten von Ihren Annotationen entfernt sind, während das Modell lernt; "
    "weniger ist besser.",
    "no_loss": "Der erste Schritt ist noch nicht zu Ende.",
    "smoothed": "geglättet, jetzt {value}",
    "each_step": "jeder Schritt, zuletzt {value}",
    "loss_label": "Verlust über die Epochen: geglättet zuerst {first:.2f}, jetzt {last:.2f}",
    "precision_of_masks": "Mittlere Genauigkeit der Masken",
    "precision_of_boxes": "Mittlere Genauigkeit der Boxen",
    "precision_means": (
        "Auf den zurückgehaltenen Bildern, von 0 bis 1. AP50: Objekte, die zur Hälfte überlappend gefunden wurden; "
        "AP: das Mittel über immer strengere Überlappungen."
    ),
    "no_precision": (
        "Wird nach jedem Durchgang gemessen, wo Bilder zurückgehalten werden (von vier geprüften Bildern an)."
    ),
    "precision_now": "{name}, jetzt {value}",
    "precision_label": "{title} über die Epochen: jetzt AP50 {ap50:.2f}, AP {ap:.2f}",
    "epoch": "Epoche {epoch:g}: {value:.3f}",
    "tab_busy": (
        "Die Datenbank ist beschäftigt oder lässt sich nicht schreiben. Nichts hat sich geändert; "
        "versuchen Sie es gleich noch einmal."
    ),
    "tab_not_writable": "In den Arbeitsbereich lässt sich nicht schreiben ({reason}).",
    "see_output": "siehe die Ausgabe des Servers",
    "tab_failed": "Das ging nicht; die Ausgabe des Servers sagt, warum.",
}
