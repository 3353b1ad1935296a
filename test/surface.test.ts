/**
 * What each entry of the package lets out, name by name: values and types. A name that is new here is a promise, so it
 * is added by hand, in the change that adds it; CHANGELOG says what went. Every name has a sentence on what it is.
 */
import ts from 'typescript';
import { expect, test } from 'vitest';
import { packageRoot } from '../base/node/package-files.ts';

/** `./node` has all of `.` too. */
const surface: Readonly<Record<string, string>> = {
  '.': `
    AbortedError CheckpointPair CheckpointSource Clip ClipOptions ContextError CpuDevice Dalle DalleError DalleOptions Decoding Device Dvae
    DvaeOptions DvaeParts DvaeWork Features FormatError GenerateOptions GenerateStep LoadClipOptions LoadDalleOptions LoadDvaeOptions LoadPictureCoderOptions
    MemoryError OpenOptions OpenTokenizerOptions Picture PictureCoder PictureOptions PictureSize Pixels Precision
    RankOptions RankedPicture Region SamplingSettings Selection ShapeError TokenGrid TokenScores TokenTransformer Tokenizer TrainBpeOptions Transformer
    TransformerOptions TransformerPlan UnsafeFileError UsageError Vqgan VqganOptions VqganParts WebGLDevice composeGrid composeSideBySide
    configurations createDalle createRandom decodeJpeg decodeWebp estimateSeconds formatExplanation formatTokenizer
    fromPixels loadClip loadDVAE loadDalle loadPictureCoder measureSpeed open openTokenizer pictureFromRgba planTransformer preparePicture
    prepareText psnr referenceDevice resolveSampling sampleToken toPixels trainBpe uniformAt
  `,
  './node': `
    ConversionReport ConvertOptions DeviceName DownloadFileOptions DownloadedFile ExportOptions ExportedCheckpoint
    FileSource LoadOptions OpenFolderOptions SaveOptions bundledModel convertToModelFolder createContext decodeImage
    decodePng downloadFile encodePng exportCheckpoints loadImage openFileSource openModelFolder run savePng
  `,
  './convert': `
    Activation AttentionKind Bounded ByteSource Container ConvEdges ConvolutionSpec DecoderArchitecture
    DownloadOptions DownloadProgress DownloadedBlob DvaeArchitecture EncoderArchitecture ExplainedOpcode
    InspectOptions InspectedGlobal InspectedProblem InspectedTensor InspectedValue Inspection InspectionResult Model
    ModelFile ModelManifest ModelPart ModelParts ModelWeights NetArchitecture NetKind NetPart NpyArray OpenFile
    OpenModelOptions PartName SamplingDefaults SourceDescription TensorData TokenizerPart TransformerArchitecture
    Weights WeightsOf describeArchitecture describeSource downloadBlob expectedTensors expectedTransformerTensors
    inspectFile isKind listConvolutions netTensors openCheckpoint openModel openWeights postGain readNpy
    sniffContainer sourceFromBlob sourceFromBytes writeNpy
  `,
  './ops': `
    AttentionAttributes CacheAttributes CacheForm Compiled Device Elementwise GpuJs GroupNormOptions Mask MatmulOptions
    PrepareOptions Result RewriteOptions RotaryAttributes RunOptions Shape State StopSignal StridedConv2dOptions Tensor TensorType
    TokenShiftAttributes Traced UniformAttributes add appendRows argmax assign attention broadcastTo castToFloat castToHalf checkpoint clamp compile concat constant
    conv2d createCache createElementwise crossEntropy div embed erf exp floatLiteral gather gelu geluTanh gradients gridArguments groupNorm layRows
    layerNorm linear log logSoftmax logicalIndices matmul max maxPool2d mean mul oneHot pad pixelShuffle quickGelu relu reshape rotary run scaleAdd
    sigmoid silu slice softmax standardRules stopGradient stridedConv2d sub sum tanh tensor tokenShift transpose uniform upsampleNearest2d
    writeElementShader writePixelShader
  `,
  './engine': `
    Block BlockForm CompileOptions Compiled ContextSource Cost CpuCall CpuChoice CpuDevice CpuKernel CpuOperand DType Device DeviceOptions DrawLimits Draws
    Executable FetchStyle GlKernel GradientCall GradientEntry GradientRule GradientTable Grid KernelCall KernelChoice Layout LayoutLimits NumericArray Op Operand Pass PassTiming
    Plan PrepareOptions PrepareProgress Probes ReferenceCall ReferenceDevice Result RewriteContext RewriteResult
    Rows Rule RunInputs RunOptions RunOutput ShaderCall Shape Slot State StateOptions Step StopSignal Tensor TensorOf TensorType
    TextureSpec Traced TypedCall Value WebGLDevice apply broadcastShapes checkDevice checkShape checkTensor
    checkTensors checkpoint compile constant constantOp countUses differentiate findMarked floatWord formatShape gradientOf gridOf interpret isDerived isFoldable isOf keyOfLayout
    layoutOf makePlan mark placeholder placeholderOp planDraws referenceDevice resolveAxis rewrite run sameShape sizeOf
    sortTopologically stateOp stopGradient stridesOf tensor withoutRules
  `,
  './train': `
    OptimizerSettings ParameterSpec Parameters State Trainer TrainingTask assign checkpoint compile createDvaeTask
    createTransformerTask gradients stopGradient tensor
  `,
};

/**
 * What a reader can take in. Later issues that add names raise these, and say why: `CpuDevice` is what `open` may give,
 * seven names are CLIP's, which is a net beside the dVAE and the transformer, and five open VQGANs, which code the
 * pictures of the relatives.
 */
const most: Readonly<Record<string, number>> = { '.': 83, './node': 25 };

const sources: Readonly<Record<string, string>> = {
  '.': 'index.ts',
  './node': 'node.ts',
  './convert': 'convert.ts',
  './ops': 'ops/index.ts',
  './engine': 'engine/index.ts',
  './train': 'train.ts',
};

const config = ts.readConfigFile(`${packageRoot}/tsconfig.json`, ts.sys.readFile).config as object;
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, packageRoot);
const program = ts.createProgram(
  Object.values(sources).map((file) => `${packageRoot}/${file}`),
  options,
);
const checker = program.getTypeChecker();

/** Exported symbols of an entry, as they are where they are declared, by name. */
function listExports(entry: string): Map<string, ts.Symbol> {
  const module = checker.getSymbolAtLocation(program.getSourceFile(`${packageRoot}/${sources[entry]}`)!)!;
  return new Map(
    checker.getExportsOfModule(module).map((symbol): [string, ts.Symbol] => {
      const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
      return [symbol.name, isAlias ? checker.getAliasedSymbol(symbol) : symbol];
    }),
  );
}

const splitNames = (text: string): string[] => text.trim().split(/\s+/);

test('package.json has these entries and no other', async () => {
  const { default: manifest } = await import('../package.json', { with: { type: 'json' } });
  const built = Object.entries(sources).map(([entry, file]) => [entry, `./dist/${file.replace(/\.ts$/, '.js')}`]);
  const declared = Object.entries(manifest.exports).filter(([entry]) => entry !== './package.json');
  expect(declared.map(([entry, targets]) => [entry, (targets as { default: string }).default])).toEqual(built);
});

test.each(Object.keys(sources))('%s exports what is listed', (entry) => {
  const listed = splitNames(surface[entry]!);
  const shared = entry === './node' ? splitNames(surface['.']!) : [];
  expect([...listExports(entry).keys()].sort()).toEqual([...new Set([...listed, ...shared])].sort());
  expect(listed.filter((name) => shared.includes(name))).toEqual([]);
  expect(listed.length).toBeLessThanOrEqual(most[entry] ?? Infinity);
});

test.each(Object.keys(sources))('%s says what each of its names is', (entry) => {
  const silent = [...listExports(entry)].filter(([, symbol]) => symbol.getDocumentationComment(checker).length === 0);
  expect(silent.map(([name]) => name)).toEqual([]);
});
