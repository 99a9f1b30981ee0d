// The result of fine-tuning, as JSON and as text (schema `spikec-finetune/1`).

package import Diagnostics
package import SpikeTraining

/// What fine-tuning gave.
package struct FineTuneReport: Sendable {

  /// What was asked.
  var request: FineTuneRequest

  /// The number of samples, and how many of them were held out.
  var images, held: Int

  /// The model itself on the samples held out.
  package var reference: Evaluation?

  /// The network before, after each epoch, and what was kept.
  package var result: TrainingResult

  /// The number of weights that were trained.
  var parameters: Int

  /// The multiplications of one forward pass of a sample.
  var multiplications: Int

  /// The number of threads.
  var threads: Int

  /// The time from start to end, seconds.
  var wallSeconds: Double

  /// A remark if training did not help with the samples held out.
  package var remark: Diagnostic? {
    guard let before = result.before, let after = kept?.validation else { return nil }
    // Who is held to the model alone is judged by it: its mistakes are to be made too.
    if request.training.distillation.weight == 1, let then = before.agreement,
      let now = after.agreement
    {
      return now.divergence < then.divergence ? nil : notNearer(then, now)
    }
    guard after.accuracy < before.accuracy else { return nil }
    return .warning(
      "finetune.not-better",
      "on the images held out the network before was better: \(percentText(before.accuracy)) "
        + "against \(percentText(after.accuracy))",
      notes: [
        "if the model has learned these images before, it knows them by heart: compare both on others",
        "or train with a smaller --learning-rate, or for more --epochs",
      ])
  }

  private func notNearer(
    _ before: Evaluation.Agreement, _ after: Evaluation.Agreement
  ) -> Diagnostic {
    .warning(
      "finetune.not-nearer",
      "on the images held out the network before was nearer to the model: divergence "
        + "\(fixed(before.divergence, 5)) against \(fixed(after.divergence, 5))",
      notes: ["train with a smaller --learning-rate, or for more --epochs"])
  }

  /// The epoch that was kept.
  private var kept: EpochReport? { result.epochs.first { $0.epoch == result.kept } }

  /// The report as a JSON object.
  package var json: JSON {
    [
      "schema": "spikec-finetune/1",
      "model": .string(request.model),
      "output": .string(request.output),
      "neuron": .string(request.conversion.neuron.rawValue),
      "images": .integer(images),
      "heldOut": .integer(held),
      "parameters": .integer(parameters),
      "multiplicationsPerImage": .integer(multiplications),
      "modelAccuracy": JSON(reference?.accuracy),
      "before": evaluation(result.before),
      "epochs": .array(
        result.epochs.map { epoch in
          [
            "epoch": .integer(epoch.epoch),
            "loss": .number(epoch.loss),
            "heldOut": evaluation(epoch.validation),
            "seconds": .number(epoch.seconds),
          ]
        }),
      "keptEpoch": .integer(result.kept),
      "threads": .integer(threads),
      "wallSeconds": .number(wallSeconds),
    ]
  }

  private func evaluation(_ value: Evaluation?) -> JSON {
    guard let value else { return .null }
    return [
      "loss": .number(value.loss), "accuracy": .number(value.accuracy),
      "agreement": JSON(value.agreement?.part), "divergence": JSON(value.agreement?.divergence),
    ]
  }

  /// The report as lines of text.
  package var text: String {
    var lines: [String] = []
    let name = request.conversion.neuron == .leaky ? "leaky neurons" : "the code's steps"
    if let reference, let before = result.before {
      var table = Table([
        "on \(counted(held, "image")) held out", ">accuracy", ">loss", ">agreement", ">divergence",
      ])
      table.add(cells("the model itself", reference))
      table.add(cells("with \(name), before", before))
      if let after = kept?.validation { table.add(cells("with \(name), trained", after)) }
      lines.append(table.text)
    }
    lines.append("the weights of epoch \(result.kept) are in \(request.output)")
    return lines.joined(separator: "\n")
  }

  private func cells(_ name: String, _ value: Evaluation) -> [String] {
    let agreement = value.agreement
    return [
      name, percentText(value.accuracy), fixed(value.loss, 4),
      agreement.map { percentText($0.part) } ?? "",
      agreement.map { fixed($0.divergence, 5) } ?? "",
    ]
  }
}
