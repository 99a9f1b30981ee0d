// Leaky integrate-and-fire neurons: parameters, and the arithmetic that all executors share.

public import Diagnostics

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Leaky integrate-and-fire with a refractory time and a synapse; the code is `rate`.
///
/// A tick is `dt` seconds; all times are in ticks, potentials in thresholds. Let θ be `threshold`, C
/// what arrives in the tick from sources with constant encoders, directly or through relays, I what
/// else arrives, and k = 1 − e^(−1/τrc), a = e^(−1/τs). Every operation is one of single precision, in this order:
///
///     j0 = 1 + (C + bias)·(1/θ)                a current that does not change
///     u  = I·(1/θ)                             the spikes of this tick
///     none:         s = u
///     exponential:  x ← u + a·(x − u);  s = x
///     alpha:        e = x − u, f = y − u;  x ← u + a·e, y ← u + a·(f + e·(1/τs));  s = y
///     d  = max(1 − r, 0)                       the part of the tick that is not refractory
///     w  = (k·d)·((j0 + s) − v)
///     z  = max(v + w, 0)
///     z > 1: emit +1, r ← max(τref − ((z − 1)/w)·d, 0), v ← 0
///     else:  r ← max(r − 1, 0), v ← z
///
/// A synapse that falls below 2^−20 in magnitude is set to 0. Both filters are exact for currents
/// that are constant in a tick. The spike's time within the tick is interpolated, and the refractory
/// time counts from it, so that rates are not rounded to ticks as long as τref is at least one.
///
/// *Rest.* A position (all channels of a pixel, or a whole vector) rests in a tick in which none of
/// its neurons receives spikes with a sum other than 0, none is refractory, no synapse is other
/// than 0, and no j0 exceeds 1: then none can fire. Resting neurons are not advanced; when the
/// position wakes after n ticks of rest, v ← max(j0 + (v − j0)·e^(−n/τrc), 0) first.
///
/// - Source: Hunsberger and Eliasmith (2015), section 2.1 (the neuron), 2.4 (the alpha synapse); the
///   interpolated spike time is that of the Nengo simulator, Bekolay et al. (2014).
public struct LeakyIntegrateAndFire: Attributed {

  /// The low-pass filter between spikes and the current that they make.
  public enum Synapse: String, Hashable, Sendable, CaseIterable {
    /// A spike is a current of one tick.
    case none
    /// A current that decays exponentially.
    case exponential
    /// A current that rises and falls, t·e^(−t/τ).
    case alpha
  }

  /// θ, what has to arrive in a tick for a current of one threshold, f32 in membrane units;
  /// [channels] or the population's shape, positive.
  public var threshold: TensorID

  /// v before the first tick, f32 in thresholds, 0 to 1; [channels] or the population's shape; 0 if
  /// absent.
  public var initial: TensorID?

  /// τrc, the time constant of the membrane, ticks, positive.
  public var tauRC: Float

  /// τref, the time after a spike in which nothing is integrated, ticks.
  public var tauRef: Float

  /// The filter of the spikes that arrive.
  public var synapse: Synapse

  /// τs, the time constant of the synapse, ticks, positive; 5 for `none`, where it has no meaning.
  public var tauSynapse: Float

  /// The length of a tick, seconds, positive.
  public var dt: Float

  /// Creates a model.
  public init(
    threshold: TensorID, initial: TensorID? = nil, tauRC: Float = 50, tauRef: Float = 1,
    synapse: Synapse = .none, tauSynapse: Float = 5, dt: Float = 0.001
  ) {
    self.threshold = threshold
    self.initial = initial
    self.tauRC = tauRC
    self.tauRef = tauRef
    self.synapse = synapse
    self.tauSynapse = synapse == .none ? 5 : tauSynapse
    self.dt = dt
  }

  /// The keyword in the text form.
  public static let mnemonic = "lif"

  /// The parameters, in the order in which they are printed.
  public var attributes: [Attribute] {
    [
      Attribute("threshold", .tensor(threshold)), Attribute("initial", initial.map { .tensor($0) }),
      Attribute("tau-rc", .number(tauRC)), Attribute("tau-ref", .number(tauRef)),
      Attribute("synapse", synapse == .none ? nil : .word(synapse.rawValue)),
      Attribute("tau-synapse", synapse == .none ? nil : .number(tauSynapse)),
      Attribute("dt", dt == 0.001 ? nil : .number(dt)),
    ].compactMap { $0 }
  }

  /// Creates a model from its parameters.
  public init(reading reader: inout AttributeReader) throws(Diagnostic) {
    threshold = try reader.tensor("threshold")
    initial = try reader.optionalTensor("initial")
    tauRC = try reader.number("tau-rc")
    tauRef = try reader.number("tau-ref")
    synapse = try reader.keyword("synapse", default: LeakyIntegrateAndFire.Synapse.none)
    tauSynapse = synapse == .none ? 5 : try reader.number("tau-synapse")
    dt = try reader.number("dt", default: 0.001)
  }

  /// k = 1 − e^(−1/τrc), the part of the way to its goal that a potential covers in a tick.
  public var membraneStep: Float { Float(-expm1(-1 / Double(tauRC))) }

  /// Returns e^(−n/τrc), what is left of the way to its goal after `ticks` ticks.
  public func membraneDecay(after ticks: Int) -> Float {
    Float(exp(-Double(ticks) / Double(tauRC)))
  }

  /// a = e^(−1/τs), what is left of a synapse's way to its goal after a tick.
  public var synapseDecay: Float { Float(exp(-1 / Double(tauSynapse))) }

  /// What is wrong with the numbers, if anything.
  var violation: String? {
    for (name, value) in [("tau-rc", tauRC), ("tau-synapse", tauSynapse), ("dt", dt)]
    where !(value > 0 && value.isFinite) {
      return "'\(name)' is \(value), expected a positive number"
    }
    return tauRef >= 0 && tauRef.isFinite
      ? nil : "'tau-ref' is \(tauRef), expected a number that is not negative"
  }
}

extension SpikingGraph {

  /// Whether each population emits the same in every tick of the code `rate`: sources with constant
  /// encoders do, and relays of nothing else.
  ///
  /// - Complexity: O(populations + projections).
  public var isConstant: [Bool] {
    var result = [Bool](repeating: false, count: populations.count)
    let afferents = afferents()
    var spikes = result
    for encoder in encoders where encoder.kind != .constant {
      if populations.find(encoder.population) != nil { spikes[encoder.population.index] = true }
    }
    for id in populations.ids {
      switch self[id].model {
      case .source: result[id.index] = !spikes[id.index]
      case .relay:
        result[id.index] = afferents[id.index].allSatisfy { result[self[$0].source.index] }
      default: break
      }
    }
    return result
  }
}
