cwlVersion: v1.2
class: CommandLineTool
requirements:
  DockerRequirment:  # <- CWL-S007
    dockerPull: debian:12
baseCommand: echo
inputs: {}
outputs: {}
