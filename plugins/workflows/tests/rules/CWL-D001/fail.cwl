cwlVersion: cwl:draft-3  # <- CWL-D001
class: CommandLineTool
baseCommand: echo
inputs: {}
outputs: {}
