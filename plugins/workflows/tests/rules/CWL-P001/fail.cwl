cwlVersion: v1.2
class: CommandLineTool
requirements:
  DockerRequirement:
    dockerPull: debian  # <- CWL-P001
baseCommand: echo
inputs: {}
outputs: {}
