"""How a model learns: objectives that add up, batches that fit them, augmentation, and Lightning to run it all."""

OBJECTIVES = {
    "supervised": "skelgait.training.objectives.supervised:Supervised",
    "mean_teacher": "skelgait.training.objectives.mean_teacher:MeanTeacher",
    "triplet": "skelgait.training.objectives.triplet:Triplet",
}

SAMPLERS = {
    "random": "skelgait.training.samplers:RandomWalks",
    "balanced": "skelgait.training.samplers:Balanced",
    "subjects": "skelgait.training.samplers:Subjects",
    "two_stream": "skelgait.training.samplers:TwoStream",
}

OPTIMIZERS = {
    "adamw": "torch.optim:AdamW",
    "adam": "torch.optim:Adam",
    "sgd": "torch.optim:SGD",
    "rmsprop": "torch.optim:RMSprop",
}
