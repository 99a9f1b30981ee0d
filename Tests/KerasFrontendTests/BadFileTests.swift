// Damaged, hostile and unsupported files end in a diagnostic that names the problem.

import Diagnostics
import Testing

@Suite("bad Keras files") struct BadFileTests {

  /// The identity of the diagnostic for each file, by the files' names; those that load have the
  /// warnings that they give.
  // size: table
  static let expected: [String: [String]] = [
    "hdf5.bad-attribute": [
      "config_bad_utf8", "config_is_enum", "config_is_integer", "config_is_null_space",
      "layer_names_integers", "weight_names_2d", "weight_names_integers", "weight_names_opaque",
    ],
    "hdf5.bad-dataset": [
      "external_storage", "kernel_not_stored", "weight_is_group",
    ],
    "hdf5.cannot-open": [
      "empty", "git_lfs_pointer", "html_page", "signature_only", "text",
      "zeros_4k",
    ],
    "hdf5.truncated": [
      "truncated_8_bytes", "truncated_half", "truncated_last_byte", "truncated_quarter",
      "truncated_superblock", "truncated_tail",
    ],
    "keras.bad-config": [
      "config_cut", "config_deep", "config_deep_array", "config_empty", "config_is_list",
      "config_no_layers", "config_not_json", "config_null", "config_number", "config_zero_layers",
      "empty_name", "layer_is_number", "no_class_name", "no_config", "no_layer_name",
    ],
    "keras.bad-graph": [
      "duplicate_names", "graph_cycle", "graph_cycle_k3", "graph_inbound_number",
      "graph_inbound_short", "graph_input_not_input", "graph_missing_layer",
      "graph_missing_layer_k3", "graph_no_inbound", "graph_no_inputs", "graph_no_outputs",
      "graph_node_negative", "graph_node_range", "graph_output_missing", "graph_output_range",
      "graph_self_loop", "graph_tensor_range", "graph_tensor_range_k3", "nested_inbound",
    ],
    "keras.bad-layer": [
      "bn_axis_range", "bn_epsilon_negative", "bn_epsilon_text", "concatenate_axis",
      "concatenate_shapes", "conv_after_flatten", "conv_data_format_unknown",
      "conv_dilation_huge", "conv_dilation_zero", "conv_filters_float", "conv_filters_negative",
      "conv_filters_text", "conv_filters_zero", "conv_groups", "conv_groups_zero",
      "conv_kernel_three", "conv_kernel_zero", "conv_no_kernel_size", "conv_padding_causal",
      "conv_padding_unknown", "conv_stride_fraction", "conv_stride_huge", "conv_stride_negative",
      "conv_stride_zero", "conv_use_bias_text", "cropping_all", "dense_units_zero",
      "depth_multiplier_zero", "graph_two_into_conv", "huge_consistent", "input_huge",
      "input_negative",
      "input_rank5", "input_text", "input_zero", "merge_one_input", "merge_shapes",
      "padding_negative", "permute_batch", "permute_repeated", "pool_negative", "pool_too_large",
      "pool_zero_stride", "relu_max_negative", "repeat_huge", "rescaling_channels",
      "rescaling_text", "reshape_count", "reshape_infer_fraction", "reshape_two_inferred",
      "transpose_output_padding", "upsampling_huge", "upsampling_zero",
    ],
    "keras.bad-weights": [
      "bias_wrong_length", "complex_kernel", "conv_filters_huge", "conv_kernel_too_large",
      "dense_units_mismatch", "dense_wrong_rows", "huge_kernel", "huge_rank", "integer_kernel",
      "kernel_no_elements", "kernel_null_space", "kernel_scalar", "kernel_wrong_channels",
      "kernel_wrong_rank", "negative_variance", "opaque_kernel", "string_kernel",
      "weight_names_swapped",
    ],
    "keras.missing-weights": [
      "external_link", "fewer_nested_weights", "layer_names_unknown", "missing_all_weights",
      "missing_bias", "missing_group", "soft_link_dangling", "soft_link_loop",
      "weight_names_gap", "weight_names_long", "weight_names_missing", "weight_names_none",
      "weight_names_scalar", "weight_names_short", "weights_is_dataset", "zeroed_middle",
    ],
    "keras.non-finite-weights": ["infinite_weights", "nan_variance", "nan_weights"],
    "keras.not-a-model": ["foreign_hdf5"],
    "keras.weights-only": ["no_model_config", "weights_only", "weights_only_k3"],
    "keras.unknown-input-shape": [
      "no_input_shape", "unknown_height", "unknown_spatial", "unknown_spatial_k3",
    ],
    "keras.unsupported-layer": [
      "conv3d_layer", "custom_layers", "custom_layers_k3", "lambda_layer", "lstm_layer",
    ],
    "keras.unsupported-model": ["config_subclassed"],
    "keras.unsupported-option": [
      "bn_axis_batch", "conv_activation_object", "conv_activation_unknown",
    ],
    "keras.unsupported-version": [
      "keras_version_text", "no_keras_version",
    ],
    "keras.newer-version": ["keras_version_9"],
    "keras.unused-layer": ["graph_unused_layer"],
    "": [
      "archive_named_h5", "backend_theano", "group_cycle", "keras_version_1", "layer_names_missing",
    ],
  ]

  /// The files that load, some with a warning.
  static let good: Set<String> = [
    "archive_named_h5", "backend_theano", "keras_version_1", "keras_version_9",
    "graph_unused_layer", "group_cycle",
    "layer_names_missing",
  ]

  private static let idByName = Dictionary(
    expected.flatMap { id, names in names.map { ($0, id) } }, uniquingKeysWith: { a, _ in a })

  @Test("every file is expected, and there are many") func complete() {
    let names = Fixture.all(["bad"]).map { String($0.name.dropFirst(4)) }
    #expect(names.count > 150)
    #expect(Set(names) == Set(BadFileTests.idByName.keys))
  }

  @Test("is diagnosed", arguments: Fixture.all(["bad"])) func diagnosed(_ fixture: Fixture) throws {
    let name = String(fixture.name.dropFirst(4))
    let id = try #require(BadFileTests.idByName[name])
    guard !BadFileTests.good.contains(name) else {
      #expect(try load(fixture.path("h5")).warnings == (id.isEmpty ? [] : [id]))
      return
    }
    let error = loadingError(fixture.path("h5"))
    let diagnostics = try #require(error).diagnostics
    // A kernel of another size than in the file is also larger than the image there.
    let more: Set = name == "conv_kernel_too_large" ? ["keras.bad-layer"] : []
    #expect(Set(diagnostics.map(\.id)) == more.union([id]))
    #expect(error?.exitCode == .badData)
    for diagnostic in diagnostics {
      #expect(diagnostic.message.first?.isUppercase == false && !diagnostic.message.hasSuffix("."))
      #expect(diagnostic.site?.description.hasPrefix(fixture.path("h5")) == true)
    }
  }

  @Test("all unsupported layers are named in one run", arguments: ["", "_k3"])
  func allUnsupportedLayers(_ suffix: String) {
    let error = loadingError("\(fixtures)/bad/custom_layers\(suffix).h5")
    let messages = error?.diagnostics.map(\.message) ?? []
    #expect(messages.count == 3)
    for className in ["GhostNormalization", "My>BlurPool", "CapsuleFlatten"] {
      #expect(messages.contains { $0.contains(className) })
    }
  }

  @Test("weights that are not finite are counted") func nonFinite() {
    let error = loadingError("\(fixtures)/bad/nan_variance.h5")
    #expect(
      error?.diagnostics.map(\.message) == [
        "layer 'batch_normalization': 1 of the 4 elements of the variance are NaN or infinite"
      ])
  }

  @Test("a missing file has its own exit status") func missing() {
    let error = loadingError("\(fixtures)/nonexistent.h5")
    #expect(error?.diagnostics.map(\.id) == ["file.missing"])
    #expect(error?.exitCode == .missingInput)
  }
}
