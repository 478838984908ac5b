// Every part of an object may come from a macro.
#![deny(warnings)]

use std::fmt;

use hookwright::WebhookObject;
use serde_json::json;

macro_rules! object {
    (
        $(#[$attribute:meta])*
        $visibility:vis $object:ident as $name:literal in $krate:literal emits $($event:path),*;
        id $id:ident: $id_type:ty;
        $(field $field:ident as $wire:literal: $field_type:ty;)*
        redacted $redacted:ident: $redacted_type:ty;
        skipped $skipped:ident: $skipped_type:ty;
    ) => {
        #[derive(WebhookObject)]
        #[webhook(name = $name, crate = $krate, events($($event),*))]
        $(#[$attribute])*
        $visibility struct $object {
            #[webhook(id)]
            $id: $id_type,
            $(
                #[serde(rename = $wire)]
                $field: $field_type,
            )*
            #[webhook(redact)]
            $redacted: $redacted_type,
            #[webhook(skip)]
            $skipped: $skipped_type,
        }

        impl $object {
            fn same(&self, other: &Self) -> bool {
                self.$redacted == other.$redacted && self.$skipped == other.$skipped
            }
        }
    };
}

macro_rules! list {
    ($of:ty) => { Vec<Option<$of>> };
}

object! {
    #[serde(rename_all = "camelCase")]
    pub(crate) Offer as "jobOffer" in "::hookwright" emits updated, destroyed;
    id offer_key: Key<u64>;
    field title as "heading": list!(&'static str);
    field parent as "above": Option<Box<Self>>;
    redacted hourly_wage: Option<f64>;
    skipped notes: list!(char);
}

struct Key<T>(T);

impl<T: fmt::Display> fmt::Display for Key<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl<T: fmt::Display> serde::Serialize for Key<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl serde::Serialize for Offer {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.offer_key.serialize(serializer)
    }
}

fn offer(parent: Option<Box<Offer>>, hourly_wage: f64) -> Offer {
    Offer {
        offer_key: Key(7),
        title: vec![Some("Clerk")],
        parent,
        hourly_wage: Some(hourly_wage),
        notes: vec![Some('x')],
    }
}

fn main() {
    let before = offer(None, 9.0);
    let offer = offer(Some(Box::new(offer(None, 1.0))), 9.5);
    assert!(!offer.same(&before));
    assert_eq!(offer.object_id().to_string(), "7");
    assert_eq!(offer.destroyed().name().to_string(), "jobOffer.destroyed");

    let event = offer.updated_from(&before).unwrap().unwrap();
    let event = serde_json::to_value(&event).unwrap();
    assert_eq!(
        event["data"],
        json!({
            "offerKey": "7",
            "heading": ["Clerk"],
            "above": "7",
            "hourlyWage": "[redacted]",
        })
    );
    assert_eq!(event["updatedFields"], json!(["above", "hourlyWage"]));
}
