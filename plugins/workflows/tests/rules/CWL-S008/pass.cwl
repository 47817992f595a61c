cwlVersion: v1.2
class: CommandLineTool
hints:
  DockerRequirement:
    dockerPull: debian:12
baseCommand: echo
inputs: {}
outputs: {}
