cwlVersion: v1.2
class: CommandLineTool  # <- CWL-V013
inputs: {}
outputs: {}
