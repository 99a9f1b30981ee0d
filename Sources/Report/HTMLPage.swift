// A page that stands alone: no script, no file beside it, colors for light and dark screens.

/// A report as one HTML file.
package struct HTMLPage: Sendable {

  /// The heading.
  package var title: String

  /// The parts below the heading, as HTML.
  private var body: [String] = []

  /// Creates an empty page.
  package init(title: String) {
    self.title = title
  }

  /// Adds a heading.
  package mutating func heading(_ text: String) {
    body.append("<h2>\(escaped(text))</h2>")
  }

  /// Adds a paragraph.
  package mutating func paragraph(_ text: String) {
    body.append("<p>\(escaped(text))</p>")
  }

  /// Adds a list.
  package mutating func list(_ items: [String]) {
    body.append("<ul>" + items.map { "<li>\(escaped($0))</li>" }.joined() + "</ul>")
  }

  /// Adds a drawing with a caption.
  package mutating func figure(_ chart: some Chart, caption: String) {
    body.append("<figure>\(chart.svg)<figcaption>\(escaped(caption))</figcaption></figure>")
  }

  /// Adds a table.
  ///
  /// - Parameters:
  ///   - columns: the headings; those that begin with `>` are aligned to the right.
  ///   - rows: the cells, as many a row as there are headings.
  package mutating func table(_ columns: [String], _ rows: [[Cell]]) {
    let isRight = columns.map { $0.hasPrefix(">") }
    let names = columns.map { $0.hasPrefix(">") ? String($0.dropFirst()) : $0 }
    let head = names.indices.map {
      "<th\(isRight[$0] ? " class=n" : "")>\(escaped(names[$0]))</th>"
    }
    var text = "<div class=wide><table><tr>\(head.joined())</tr>"
    for row in rows {
      let cells = row.indices.map { i in
        let heat = row[i].heat.map { " style=\"background:\(HTMLPage.color(heat: $0))\"" } ?? ""
        return "<td\(isRight[i] ? " class=n" : "")\(heat)>\(escaped(row[i].text))</td>"
      }
      text += "<tr>\(cells.joined())</tr>"
    }
    body.append(text + "</table></div>")
  }

  /// A cell of a table.
  package struct Cell: Hashable, Sendable, ExpressibleByStringLiteral {

    /// What it says.
    package var text: String

    /// How strongly it is colored, 0 to 1, if at all.
    package var heat: Double?

    /// Creates a cell.
    package init(_ text: String, heat: Double? = nil) {
      self.text = text
      self.heat = heat
    }

    /// Creates a cell without color.
    package init(stringLiteral text: String) {
      self.init(text)
    }
  }

  /// The page as text.
  package var text: String {
    """
    <!doctype html>
    <html lang="en"><head><meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(escaped(title))</title>
    <style>\(HTMLPage.style)</style></head>
    <body><h1>\(escaped(title))</h1>
    \(body.joined(separator: "\n"))
    </body></html>

    """
  }

  /// A transparent orange, so that text stays readable on light and dark ground.
  private static func color(heat: Double) -> String {
    "rgba(230,110,20,\(decimal(0.75 * min(max(heat, 0), 1), 3)))"
  }

  static let style = """
    :root{--ink:#1c2330;--ground:#fff;--line:#c9ced8;--soft:#5b6475;--one:#1f6fb4;--two:#d2641a;\
    --three:#2b8a4b;--four:#8a3fa0;--five:#8a7a1f}\
    @media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--ground:#151a22;--line:#3a4352;\
    --soft:#9aa4b5;--one:#63aeea;--two:#f0955a;--three:#6fcb8e;--four:#c98be0;--five:#d5c45f}}\
    body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--ground);\
    max-width:60rem;margin:2rem auto;padding:0 1rem}h1{font-size:1.5rem}h2{font-size:1.15rem;\
    margin-top:2rem}table{border-collapse:collapse;font-variant-numeric:tabular-nums}\
    th,td{padding:.2rem .7rem;border-bottom:1px solid var(--line);text-align:left;\
    white-space:nowrap}.n{text-align:right}.wide{overflow-x:auto}figure{margin:1rem 0}\
    figcaption{color:var(--soft);font-size:.9rem}svg{max-width:100%;height:auto}\
    svg text{fill:var(--ink);font:12px system-ui,sans-serif}
    """
}

/// A drawing.
package protocol Chart: Sendable {

  /// The drawing as an SVG element.
  var svg: String { get }
}

/// Returns `text` with the characters that HTML gives a meaning to written as entities.
func escaped(_ text: String) -> String {
  var result = ""
  for character in text {
    switch character {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    default: result.append(character)
    }
  }
  return result
}

/// Returns `x` with at most `digits` digits after the point.
func decimal(_ x: Double, _ digits: Int) -> String {
  guard x.isFinite, abs(x) < 1e15 else { return "0" }
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let rounded = (x * scale).rounded() / scale
  return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
}
