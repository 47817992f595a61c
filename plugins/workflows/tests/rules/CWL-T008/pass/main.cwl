cwlVersion: v1.2
class: Workflow
requirements:
  ScatterFeatureRequirement: {}
inputs:
  word: string[]
  louds: boolean[]
outputs:
  said:
    type: File[]?
    outputSource: say/said
steps:
  say:
    run: echo.cwl
    scatter: [word, loud]
    scatterMethod: dotproduct
    when: $(inputs.loud)
    in:
      word: word
      loud: louds
    out: [said]
