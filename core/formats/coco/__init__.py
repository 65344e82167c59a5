"""COCO: instances and keypoints, results lists, panoptic."""
