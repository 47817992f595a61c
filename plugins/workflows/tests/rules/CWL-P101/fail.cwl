cwlVersion: v1.2
$namespaces:
  s: https://schema.org/
s:name: Water
s:softwareVersion: 1.0.0
$graph:
  - class: Workflow
    id: main
    label: Water
    doc: Finds water bodies.
    inputs:
      image:  # <- CWL-P101
        type: File
        label: Image
        doc: What is looked at.
    outputs:
      result:
        type: Directory
        outputSource: find/result
    steps:
      find:
        run: "#find"
        in:
          image: image
        out: [result]
  - class: CommandLineTool
    id: find
    baseCommand: water
    requirements:
      DockerRequirement:
        dockerPull: example.org/water:1.0.0
    inputs:
      image:
        type: File
        inputBinding: {position: 1}
    outputs:
      result:
        type: Directory
        outputBinding:
          glob: .
