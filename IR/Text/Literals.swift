// How values are written in the text form: exact, and the same on every machine. The reading side
// is in the lexer and in `Parser+Values.swift`.

internal import SpikeIR

/// Returns `text` in quotes, with everything escaped that would not be seen.
func quoted(_ text: String) -> String {
  "\"" + escaped(text, delimiter: "\"") + "\""
}

/// Returns `word` bare if the lexer reads it back as a word, in backquotes otherwise.
func wordLiteral(_ word: String) -> String {
  let isBare =
    word.utf8.first.map(isWordStart) ?? false && word.utf8.allSatisfy(isWordPart)
    && !numberWords.contains(word)
  return isBare ? word : "`" + escaped(word, delimiter: "`") + "`"
}

/// Words that stand for numbers.
let numberWords: Set<String> = ["inf", "nan"]

/// Returns the shortest text from which `number` is read back exactly, always with a point, an
/// exponent or a letter; the bits of a not-a-number are not kept.
func numberLiteral(_ number: Float) -> String {
  number.isNaN ? "nan" : number.description
}

/// Returns the value of an attribute as text.
func literal(_ value: AttributeValue) -> String {
  switch value {
  case .integer(let x): String(x)
  case .number(let x): numberLiteral(x)
  case .word(let x): wordLiteral(x)
  case .text(let x): quoted(x)
  case .integers(let x): "[" + x.map(String.init).joined(separator: ",") + "]"
  case .numbers(let x):
    x.isEmpty ? "f32[]" : "[" + x.map(numberLiteral).joined(separator: ", ") + "]"
  case .tensor(let id): id.description
  }
}

/// Returns attributes in braces, nothing if there are none.
func braced(_ attributes: [Attribute]) -> String {
  guard !attributes.isEmpty else { return "" }
  return "{" + attributes.map(assignment).joined(separator: ", ") + "}"
}

/// Returns an attribute as `name=value`.
func assignment(_ attribute: Attribute) -> String {
  wordLiteral(attribute.name) + "=" + literal(attribute.value)
}

private func escaped(_ text: String, delimiter: Unicode.Scalar) -> String {
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\\", delimiter:
      result.append("\\")
      result.append(scalar)
    case "\n": result.append(contentsOf: "\\n".unicodeScalars)
    case "\t": result.append(contentsOf: "\\t".unicodeScalars)
    case "\r": result.append(contentsOf: "\\r".unicodeScalars)
    case _ where isInvisible(scalar):
      result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
    default: result.append(scalar)
    }
  }
  return String(result)
}

/// Returns whether a reader, or an editor, could miss or misplace `scalar`.
private func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
  if scalar.isASCII { return scalar.value < 32 || scalar.value == 127 }
  return switch scalar.properties.generalCategory {
  case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse,
    .surrogate, .nonspacingMark, .enclosingMark, .spacingMark:
    true
  default: false
  }
}

// MARK: Characters

/// Returns whether a word can begin with `byte`.
func isWordStart(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "_"):
    true
  default: false
  }
}

/// Returns whether `byte` is a decimal digit.
func isDigit(_ byte: UInt8) -> Bool {
  UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
}

/// Returns whether a word can go on with `byte`.
func isWordPart(_ byte: UInt8) -> Bool {
  isWordStart(byte) || isDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
}

/// Returns whether a label can consist of `byte` after the percent sign.
func isLabelPart(_ byte: UInt8) -> Bool {
  isWordStart(byte) || isDigit(byte) || byte == UInt8(ascii: ".")
}
