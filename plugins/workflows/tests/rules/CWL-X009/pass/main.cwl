cwlVersion: v1.2
class: Workflow
requirements:
  InlineJavascriptRequirement: {}
inputs:
  word: string
outputs:
  said:
    type: File?
    outputSource: say/said
steps:
  say:
    run: echo.cwl
    in:
      word: word
    out: [said]
    when: $(inputs.word == "yes")
