"""How learning becomes a file: torch -> fp32 ONNX -> INT8 ONNX -> weights/<name>/."""
