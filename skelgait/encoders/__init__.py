"""Encoders: a walk in, tokens out. The table below is all there is to registering one; each loads when first used."""

ENCODERS = {
    "stgcn": "skelgait.encoders.stgcn:StGcn",
    "graph_conv": "skelgait.encoders.graph_conv:GraphConv",
    "sconet": "skelgait.encoders.sconet:ScoNet",
    "resnet3d": "skelgait.encoders.resnet3d:ResNet3d",
    "videomae": "skelgait.encoders.videomae:VideoMae",
    "descriptors": "skelgait.encoders.descriptors:Descriptors",
}
