"""The jobs of the local engine, by name."""

#: Train an iteration.
TRAIN = "train_iteration"
#: Embed images of a project that only another backbone has seen.
EMBED = "embed_project"
