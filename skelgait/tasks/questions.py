"""The questions that come with skelgait; each is a literal, and a question of your own is one line."""

from __future__ import annotations

from skelgait.core.task import Task
from skelgait.tasks.evgs import evgs_items

GMFCS = Task(
    "GMFCS",
    levels=("I", "II", "III", "IV"),
    ordered=True,
    aliases=((1, "I"), (2, "II"), (3, "III"), (4, "IV")),
    sources=(
        "Palisano R et al. Dev Med Child Neurol 1997;39:214-223, doi:10.1111/j.1469-8749.1997.tb07414.x: "
        "the levels; level V does not walk",
        "Yang K, Chen X, He J. arXiv 2603.22371: the four levels as a question to a video",
    ),
)

_EVGS_ITEMS = tuple(f"{side}_{item.name}" for side in ("left", "right") for item in evgs_items())
# Who scores from video sees coronal items from the front or the back, and we look there for the turn of the pelvis too: the CGV
# data set has item 15 as coronal on its page and as sagittal in its figure.
_EVGS_PLANES = tuple("sagittal" if item.plane == "sagittal" else "frontal" for item in evgs_items()) * 2

EVGS = Task(
    "EVGS",
    items=_EVGS_ITEMS,
    levels=(0, 1, 2),
    ordered=True,
    sources=("Read HS et al. J Pediatr Orthop 2003;23:296-301: 17 items a limb, 0 within 1.5 SD, 1 to 4.5 SD, 2 beyond",),
    planes=_EVGS_PLANES,
)

EVGS_BINARY = EVGS.merge_levels(
    {0: "typical", 1: "atypical", 2: "atypical"},
    name="EVGS_BINARY",
    label="evgs",
    sources=(*EVGS.sources, "The merge of the CGV data set: 0 is typical, 1 and 2 are atypical"),
)

GENU = Task(
    "GENU",
    levels=("normal", "varum", "valgum"),
    aliases=(("neutral", "normal"), ("genu varum", "varum"), ("genu valgum", "valgum"), ("varus", "varum"), ("valgus", "valgum")),
    sources=("AGRM (PMC13024224): normal, genu varum, genu valgum. Not ordered here: the paper treats them as three kinds.",),
)

GENU_BINARY = GENU.merge_levels(
    {"normal": "normal", "varum": "abnormal", "valgum": "abnormal"},
    name="GENU_BINARY",
    label="genu",
    sources=("AGRM (PMC13024224): normal against abnormal",),
)

GAIT_BINARY = Task(
    "GAIT_BINARY",
    levels=("normal", "abnormal"),
    label="gait",
    aliases=((0, "normal"), (1, "abnormal"), ("typical", "normal"), ("atypical", "abnormal")),
    sources=("Any screening question: does this walk need a clinician's look?",),
)

SCOLIOSIS = Task(
    "SCOLIOSIS",
    levels=("negative", "neutral", "positive"),
    ordered=True,
    sources=("Zhou Z et al. Gait Patterns as Biomarkers: A Video-Based Approach for Classifying Scoliosis, arXiv 2407.05726",),
)

CP_PATTERN = Task(
    "CP_PATTERN",
    items=("left_gait_pattern", "right_gait_pattern"),
    levels=("WNL", "true equinus", "jump", "apparent equinus", "crouch"),
    reference="WNL",
    aliases=(
        ("within normal limits", "WNL"),
        ("type1", "true equinus"),
        ("type2", "jump"),
        ("type3", "apparent equinus"),
        ("type4", "crouch"),
    ),
    sources=(
        "Rodda JM, Graham HK, Carson L, Galea MP, Wolfe R. J Bone Joint Surg Br 2004;86:251-258, "
        "doi:10.1302/0301-620X.86B2.13878: four groups of spastic diplegia; WNL within normal limits",
    ),
)

QUESTIONS = {task.name: task for task in (GMFCS, EVGS, EVGS_BINARY, GENU, GENU_BINARY, GAIT_BINARY, SCOLIOSIS, CP_PATTERN)}
