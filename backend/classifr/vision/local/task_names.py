"""The jobs of the local engine, by name."""

#: Train an iteration.
TRAIN = "train_iteration"
#: Give a project what the one has that it is a copy of.
COPY = "copy_project"
#: Embed images of a project that only another backbone has seen.
EMBED = "embed_project"
