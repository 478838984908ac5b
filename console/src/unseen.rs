//! Characters that are not seen, or that change how others are seen.

/// Spells out each character of a text that would be obeyed, would turn a line around, or would not be
/// seen: control characters, marks of direction, and all that Unicode lets be ignored.
///
/// What makes one sign of several stays where it does so: joiners between letters that are not
/// ASCII, as in Persian and in emoji, and the mark for how such a sign is drawn.
pub(crate) fn spell_unseen(text: &str, spell: impl Fn(char, &mut String)) -> String {
    let mut seen = String::with_capacity(text.len());
    let mut before = Before::Plain;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let next = characters.peek().copied();
        let is_kept = match character {
            JOINER | NON_JOINER => {
                before != Before::Plain
                    && next.is_some_and(|next| !next.is_ascii() && !is_unseen(next))
            }
            TEXT_STYLE | EMOJI_STYLE => before == Before::Sign,
            _ => !is_unseen(character),
        };
        if is_kept {
            seen.push(character);
        } else {
            spell(character, &mut seen);
        }
        before = match character {
            _ if !is_kept || character.is_ascii() => Before::Plain,
            _ if is_unseen(character) => Before::Mark,
            _ => Before::Sign,
        };
    }
    seen
}

const NON_JOINER: char = '\u{200C}';
const JOINER: char = '\u{200D}';
const TEXT_STYLE: char = '\u{FE0E}';
const EMOJI_STYLE: char = '\u{FE0F}';

/// What stands before a character.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    /// Nothing, ASCII, or what was spelled out.
    Plain,
    /// A letter or a sign that is not ASCII.
    Sign,
    /// What stays though it is not seen.
    Mark,
}

/// Whether a character is not seen by itself.
pub(crate) fn is_unseen(character: char) -> bool {
    character.is_control() || changes_lines(character) || is_ignorable(character)
}

/// Separators of lines, and marks of annotations: none of them is ignorable to Unicode.
fn changes_lines(character: char) -> bool {
    matches!(character, '\u{2028}' | '\u{2029}' | '\u{FFF9}'..='\u{FFFB}')
}

/// `Default_Ignorable_Code_Point` of Unicode 17, with the marks of direction among them.
fn is_ignorable(character: char) -> bool {
    matches!(
        character,
        '\u{AD}'
            | '\u{34F}'
            | '\u{61C}'
            | '\u{115F}'..='\u{1160}'
            | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFF8}'
            | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    fn check(text: &str, expected: &str) {
        let spelled = spell_unseen(text, |character, seen| {
            let _ = write!(seen, "<{:X}>", u32::from(character));
        });
        assert_eq!(spelled, expected);
    }

    #[test]
    fn what_is_not_seen_is_spelled_out() {
        check("pay\u{AD}pal", "pay<AD>pal");
        check("a\u{0}\u{1B}[2J\u{9B}\u{7F}\n", "a<0><1B>[2J<9B><7F><A>");
        check("\u{202E}txt\u{2066}\u{2028}", "<202E>txt<2066><2028>");
        check("a\u{34F}\u{3164}\u{FFA0}\u{E0041}\u{E0100}b", "a<34F><3164><FFA0><E0041><E0100>b");
        check("漢\u{FE00}", "漢<FE00>");
    }

    #[test]
    fn what_makes_one_sign_of_several_stays() {
        for text in ["👩\u{200D}🚀", "می\u{200C}خواهم", "❤\u{FE0F}\u{200D}🔥", "Zoë 漢字 🙂"]
        {
            check(text, text);
        }
    }

    #[test]
    fn nothing_hides_behind_joiners() {
        check("person\u{200D}created", "person<200D>created");
        check("\u{200D}é", "<200D>é");
        check("é\u{200D}", "é<200D>");
        check("é\u{200D}\u{200D}é", "é<200D><200D>é");
        check("a\u{FE0F}", "a<FE0F>");
        check("❤\u{FE0F}\u{FE0F}", "❤\u{FE0F}<FE0F>");
    }
}
