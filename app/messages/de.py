"""German."""

from __future__ import annotations

GERMAN = {
    "no_image": "Bild {image} gibt es nicht",
    "no_image_in_trash": "Bild {image} liegt nicht im Papierkorb",
    "no_instance": "Objekt {instance} gibt es auf Bild {image} nicht",
    "no_category": "Klasse {category} gibt es nicht",
    "no_note": "Notiz {note} gibt es bei Bild {image} nicht",
    "no_job": "Trainingslauf {job} gibt es nicht",
    "no_model": "Modell „{model}“ gibt es nicht: wählen Sie eines von {known}",
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
}
