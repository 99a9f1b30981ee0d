// A drawing as a file of its own.

extension Chart {

  /// The drawing as an SVG file with its colors.
  package var standalone: String {
    let element = svg
    guard let end = element.firstIndex(of: ">") else { return element }
    let tag = element[..<end].dropFirst("<svg".count)
    return "<svg xmlns=\"http://www.w3.org/2000/svg\"\(tag)><style>\(HTMLPage.style)</style>"
      + element[element.index(after: end)...] + "\n"
  }
}
