// The id is the marked field, or else the field `id`, of any type that displays.
#![deny(warnings)]

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

use hookwright::WebhookObject;

struct Key(u8);

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "key-{}", self.0)
    }
}

fn shown<S: serde::Serializer>(id: impl fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&id)
}

macro_rules! check {
    ($($object:ident: $id_type:ty = $id:expr, $shown:literal;)*) => {$(
        {
            #[derive(WebhookObject)]
            struct $object {
                #[serde(serialize_with = "shown")]
                id: $id_type,
                #[webhook(skip)]
                _notes: (),
            }

            let record = $object { id: $id, _notes: () };
            assert_eq!(record.object_id().to_string(), $shown);
            let event = serde_json::to_value(&record.created()).unwrap();
            assert_eq!(event["data"]["id"], $shown);
        }
    )*};
}

#[derive(serde::Serialize, WebhookObject)]
struct Marked {
    id: u64,
    #[webhook(id)]
    email: String,
}

fn main() {
    check! {
        Number: i128 = -1, "-1";
        Text: Cow<'static, str> = "a".into(), "a";
        Borrowed: &'static &'static str = &"b", "b";
        Shared: Rc<dyn fmt::Display + Send> = Rc::new('c'), "c";
        Own: Key = Key(1), "key-1";
    }

    let marked = Marked { id: 1, email: "alice@example.com".to_owned() };
    assert_eq!(marked.id, 1);
    assert_eq!(marked.object_id().to_string(), "alice@example.com");
}
