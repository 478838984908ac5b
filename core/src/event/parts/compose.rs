//! Bodies, put together of an event's parts: whose bytes are set into each as they are.

use std::fmt::Write;

use super::Written;
use crate::event::timestamp::Rfc3339;
use crate::format::{CloudEvents, Format, Twenty};

impl Written<'_> {
    /// The body in a format: the same bytes each time. `None` for a year that cannot be written.
    pub(crate) fn body(&self, format: &Format) -> Option<Vec<u8>> {
        match format {
            Format::Documented => self.documented(),
            Format::Twenty(twenty) => self.twenty(twenty),
            Format::Standard => self.standard(),
            Format::CloudEvents(settings) => self.cloud_events(settings),
        }
    }

    /// Byte for byte what [`Event::body`](crate::Event::body) writes.
    pub(crate) fn documented(&self) -> Option<Vec<u8>> {
        let time = Rfc3339::new(self.time)?;
        let mut body = self.buffer();
        body.raw(r#"{"event":""#).name(self).raw(r#"","data":"#).bytes(self.data);
        body.changes(self);
        body.raw(r#","timestamp":""#).raw(time.as_str()).raw(r#""}"#);
        Some(body.0)
    }

    /// Keys and order are those of Twenty's server, of which `JSON.stringify` leaves out what is
    /// undefined; its time has milliseconds always.
    fn twenty(&self, settings: &Twenty) -> Option<Vec<u8>> {
        let time = Rfc3339::with_milliseconds(self.time)?;
        let mut body = self.buffer();
        body.raw("{");
        if let Some(url) = settings.target_url() {
            body.raw(r#""targetUrl":"#).text(url).raw(",");
        }
        body.raw(r#""eventName":""#).name(self).raw(r#"","objectMetadata":{"#);
        if let Some(id) = settings.metadata_id(self.object) {
            body.raw(r#""id":"#).text(id).raw(",");
        }
        body.raw(r#""nameSingular":"#).text(self.object);
        body.raw(r#"},"workspaceId":"#).text(settings.workspace_id());
        if let Some(id) = settings.webhook_id() {
            body.raw(r#","webhookId":"#).text(id);
        }
        body.raw(r#","eventDate":""#).raw(time.as_str()).raw("\"");
        if let Some(id) = self.actor.and_then(|actor| actor.user_id()) {
            body.raw(r#","userId":"#).text(id);
        }
        if let Some(id) = self.actor.and_then(|actor| actor.workspace_member_id()) {
            body.raw(r#","workspaceMemberId":"#).text(id);
        }
        body.raw(r#","record":"#).bytes(self.data);
        if let Some(changed) = self.changed {
            body.raw(r#","updatedFields":"#).raw(changed);
        }
        body.raw("}");
        Some(body.0)
    }

    /// The three members that Standard Webhooks recommends; more may stand beside them ("Payload
    /// structure").
    fn standard(&self) -> Option<Vec<u8>> {
        let time = Rfc3339::new(self.time)?;
        let mut body = self.buffer();
        body.raw(r#"{"type":""#).name(self).raw(r#"","timestamp":""#).raw(time.as_str());
        body.raw(r#"","data":"#).bytes(self.data);
        body.changes(self);
        body.raw("}");
        Some(body.0)
    }

    /// CloudEvents 1.0 in its JSON format, structured. Values of attributes are strings, since its
    /// types have neither objects nor lists (section 2.2 of the format).
    fn cloud_events(&self, settings: &CloudEvents) -> Option<Vec<u8>> {
        let time = Rfc3339::new(self.time)?;
        let mut body = self.buffer();
        body.raw(r#"{"specversion":"1.0","id":"#).text(self.id);
        body.raw(r#","source":"#).text(settings.source());
        body.raw(r#","type":""#).name(self).raw("\"");
        if is_subject(self.object_id) {
            body.raw(r#","subject":"#).text(self.object_id);
        }
        body.raw(r#","time":""#).raw(time.as_str());
        body.raw(r#"","datacontenttype":"application/json""#);
        if let Some(base) = settings.base() {
            // A URI has no character that JSON escapes.
            body.raw(r#","dataschema":""#).raw(base).name(self).raw("\"");
        }
        if let Some(changed) = self.changed {
            body.raw(r#","updatedfields":"#).json_in_text(changed);
        }
        if let Some(previous) = self.previous.and_then(|previous| str::from_utf8(previous).ok()) {
            body.raw(r#","previous":"#).json_in_text(previous);
        }
        body.raw(r#","data":"#).bytes(self.data).raw("}");
        Some(body.0)
    }

    fn buffer(&self) -> Buffer {
        let changes = self.changed.map_or(0, str::len) + self.previous.map_or(0, <[u8]>::len);
        Buffer(Vec::with_capacity(512 + self.data.len() + changes))
    }
}

/// Whether an object's id can be an attribute of CloudEvents: not empty, of legal characters, and
/// whole, which one is not that was cut at its limit.
fn is_subject(id: &str) -> bool {
    /// Less than the limit by more than a character.
    const MOST: usize = super::MAX_OBJECT_ID - 12;
    !id.is_empty() && id.len() <= MOST && !id.chars().any(is_forbidden)
}

/// What a string of CloudEvents must not have: control characters and noncharacters ("Type System").
fn is_forbidden(letter: char) -> bool {
    let code = u32::from(letter);
    letter.is_control() || (0xfdd0..=0xfdef).contains(&code) || code & 0xfffe == 0xfffe
}

struct Buffer(Vec<u8>);

impl Buffer {
    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn raw(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    /// The event's name, whose letters need no escapes.
    fn name(&mut self, written: &Written<'_>) -> &mut Self {
        self.raw(written.object).raw(".").raw(written.operation)
    }

    fn changes(&mut self, written: &Written<'_>) {
        if let Some(changed) = written.changed {
            self.raw(r#","updatedFields":"#).raw(changed);
        }
        if let Some(previous) = written.previous {
            self.raw(r#","previous":"#).bytes(previous);
        }
    }

    /// A string, escaped as `JSON.stringify` does.
    fn text(&mut self, text: &str) -> &mut Self {
        serde_json::to_writer(&mut self.0, text)
            .expect("a string is written, and a vector takes all");
        self
    }

    /// JSON as a string. What CloudEvents forbids in one can stand only in strings of that JSON,
    /// where it is escaped.
    fn json_in_text(&mut self, json: &str) -> &mut Self {
        if !json.chars().any(is_forbidden) {
            return self.text(json);
        }
        let mut escaped = String::with_capacity(json.len() + 16);
        for letter in json.chars() {
            match letter {
                // Between values.
                '\n' | '\r' | '\t' => escaped.push(' '),
                letter if is_forbidden(letter) => {
                    for unit in letter.encode_utf16(&mut [0; 2]) {
                        write!(escaped, "\\u{unit:04x}").expect("a string takes all");
                    }
                }
                letter => escaped.push(letter),
            }
        }
        self.text(&escaped)
    }
}
