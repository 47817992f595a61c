cwlVersion: v1.2
class: CommandLineTool
hints:
  DockerRequirment:  # <- CWL-S008
    dockerPull: debian:12
baseCommand: echo
inputs: {}
outputs: {}
