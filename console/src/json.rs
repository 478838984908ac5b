//! JSON for people: the same tokens, with other space between them.

/// Breaks lines and indents, and changes nothing else. What is no JSON comes out in some other way.
/// `None` when more than so many bytes come of it.
pub(crate) fn pretty(json: &str, limit: usize) -> Option<String> {
    let mut out = String::with_capacity(json.len().saturating_mul(2).min(limit));
    let mut depth = 0_usize;
    let mut chars = json.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '"' => {
                out.push('"');
                while let Some(char) = chars.next() {
                    out.push(char);
                    match char {
                        '\\' => out.extend(chars.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            '{' | '[' => {
                out.push(char);
                while chars.next_if(char::is_ascii_whitespace).is_some() {}
                if let Some(end) = chars.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    break_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                break_line(&mut out, depth);
                out.push(char);
            }
            ',' => {
                out.push(',');
                break_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            char if char.is_ascii_whitespace() => {}
            char => out.push(char),
        }
        if out.len() > limit {
            return None;
        }
    }
    Some(out)
}

/// How far lines are indented at most, so that what is nested without end is not.
const DEEPEST: usize = 40;

fn break_line(out: &mut String, depth: usize) {
    out.push('\n');
    for _ in 0..depth.min(DEEPEST) {
        out.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tokens_stay_as_they_are() {
        let json = r#"{"a":1.10e2,"b":["x\",{}",{}, [ ] ,null],"c":{"d":12345678901234567890}}"#;
        let expected = "{\n  \"a\": 1.10e2,\n  \"b\": [\n    \"x\\\",{}\",\n    {},\n    [],\n    null\n  ],\n  \
            \"c\": {\n    \"d\": 12345678901234567890\n  }\n}";
        assert_eq!(pretty(json, expected.len()).as_deref(), Some(expected));
        assert_eq!(pretty(json, expected.len() - 1), None);
        assert_eq!(pretty(expected, expected.len()).as_deref(), Some(expected));
    }

    #[test]
    fn what_is_cut_off_or_no_json_does_not_end_it() {
        for text in ["", "{", "\"a", "\"\\", "]]]}", "plain words"] {
            assert!(pretty(text, 100).is_some());
        }
    }

    #[test]
    fn what_is_nested_without_end_is_not_written_to_its_end() {
        let deep = "[".repeat(100_000);
        assert_eq!(pretty(&deep, 256 * 1024), None);
    }
}
