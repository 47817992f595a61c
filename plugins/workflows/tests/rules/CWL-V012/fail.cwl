cwlVersion: v1.2
class: CommandLineTool
requirements:
  DockerRequirement:
    dockerOutputDirectory: /out  # <- CWL-V012
baseCommand: echo
inputs: {}
outputs: {}
