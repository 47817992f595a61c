cwlVersion: v1.2
class: CommandLineTool
requirements:
  DockerRequirement:
    dockerPull: debian:12
    dockerOutputDirectory: out  # <- CWL-V010
baseCommand: echo
inputs: {}
outputs: {}
