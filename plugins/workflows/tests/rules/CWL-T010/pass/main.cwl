cwlVersion: v1.2
class: Workflow
inputs:
  word: string
outputs:
  said:
    type: File?
    outputSource: say/said
steps:
  say:
    run: echo.cwl
    when: $(inputs.loud)
    in:
      word: word
      loud: {default: true}
    out: [said]
