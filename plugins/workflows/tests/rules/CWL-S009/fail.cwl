$namespaces: {cwltool: 'http://commonwl.org/cwltool#'}
cwlVersion: v1.2
class: CommandLineTool
requirements:
  cwltool:CUDARequirement:  # <- CWL-S009
    cudaVersionMin: '11.4'
baseCommand: echo
inputs: {}
outputs: {}
