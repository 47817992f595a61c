cwlVersion: v1.2
class: CommandLineTool
requirements:
  DockerRequirement:
    dockerPull: debian:12
    dockerOutputDirectory: /out
baseCommand: echo
inputs: {}
outputs: {}
