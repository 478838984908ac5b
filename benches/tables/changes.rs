//! What has changed between two records.

use hookwright::WebhookObject;
use hookwright_benches::{Bound, Case, Cases, Row, Table};

use crate::add_rows;
use crate::records::Contact;

const BOUND: Bound = Bound::AtMost(3.0);

pub(crate) fn measure() -> Table {
    let mut table =
        Table::new("changes", "the changes of a record of eight fields, one of which has changed");
    let [cases] = cases();
    add_rows(&mut table, cases, |index, row: Row, ratio| match index {
        0 => row,
        _ => row.ratio(ratio).judged(ratio, BOUND),
    });
    table
}

pub(crate) fn cases() -> [Cases; 1] {
    let contact = Contact::alice();
    let baseline = Case::new("one serialization of the record", move || {
        serde_json::to_vec(&contact).expect("a contact can be written")
    });

    let before = Contact::alice();
    let after = Contact { email: "alice.doe@example.com".into(), ..before.clone() };
    let ours = Case::new("updated_from", move || {
        let event = after.updated_from(&before).expect("the ids are the same");
        event.expect("the address has changed").updated_fields().len()
    });
    [Cases::new(baseline, [ours])]
}
