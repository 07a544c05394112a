"""Heads: tokens in, an answer out. `FUSIONS` join what several encoders say; `ANSWERS` turn it into log-probabilities."""

FUSIONS = {
    "none": "skelgait.heads.fusion:NoFusion",
    "concat": "skelgait.heads.fusion:Concat",
    "apart": "skelgait.heads.fusion:Apart",
    "gated": "skelgait.heads.fusion:Gated",
    "cross_attention": "skelgait.heads.fusion:CrossAttention",
}

ANSWERS = {
    "nominal": "skelgait.heads.answer:Nominal",
    "ordinal": "skelgait.heads.answer:Ordinal",
    "bnneck": "skelgait.heads.answer:BNNeck",
}
