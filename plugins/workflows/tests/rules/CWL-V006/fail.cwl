cwlVersion: v1.2
class: CommandLineTool
requirements:
  InitialWorkDirRequirement:
    listing:
      - entryname: ../conf.txt  # <- CWL-V006
        entry: $(inputs.word)
baseCommand: echo
inputs:
  word: {type: string, inputBinding: {}}
outputs: {}
