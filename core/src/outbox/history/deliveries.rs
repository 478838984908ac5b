//! Deliveries, a page at a time.

use std::cmp::Reverse;
use std::collections::HashSet;

use super::list::{Kind, List};
use super::{DeliveryState, History, StoredDelivery};
use crate::outbox::error::OutboxError;
use crate::outbox::page::{Cursor, Page, Query};
use crate::outbox::store::Store;

impl<S: Store> History<'_, S> {
    /// Deliveries, those of the newest events first: pending, held, dead and delivered ones.
    ///
    /// A page takes time in proportion to what lies between its first and its last delivery, or to
    /// what there is of its endpoint, its object or its span of time, whichever is less.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] when the database refuses.
    pub async fn deliveries(&self, query: &Query) -> Result<Page<StoredDelivery>, OutboxError> {
        self.outbox.ready().await?;
        let mut connection = self.outbox.pool().acquire().await?;
        let Some(scope) = self.scope(&mut connection, query).await? else {
            return Ok(Page::with_next(Vec::new(), None));
        };
        let mut lists = Vec::new();
        for (kind, is_wanted) in [
            (Kind::Unfinished, query.state != Some(DeliveryState::Delivered)),
            (Kind::Delivered, query.state.is_none_or(|state| state == DeliveryState::Delivered)),
        ] {
            if is_wanted {
                let list = List { history: self, kind, query, scope };
                lists.push(list.read(&mut connection).await?);
            }
        }
        // Behind the end of a list that was cut off nothing is known of it.
        let ends =
            lists.iter().filter(|list| list.len() == query.limit).filter_map(|list| list.last());
        let known = ends.map(|delivery| delivery.number).max();
        let mut deliveries = lists.concat();
        deliveries.retain(|delivery| known.is_none_or(|known| delivery.number >= known));
        // What is on its way again was delivered before: it is told once, as what it is now.
        deliveries.sort_by_key(|delivery| Reverse(delivery.number));
        let mut seen = HashSet::new();
        deliveries.retain(|delivery| seen.insert(delivery.number));
        let is_last = known.is_none() && deliveries.len() <= query.limit;
        deliveries.truncate(query.limit);
        let last = deliveries.last().filter(|_| !is_last);
        let next =
            last.map(|delivery| Cursor { first: delivery.number.0, second: delivery.number.1 });
        Ok(Page::with_next(deliveries, next))
    }
}
