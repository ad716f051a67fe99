/* Opening hours in the back-office: rows are added, removed and copied. Without this script there are blank rows to fill in. */
"use strict";
(() => {
  const WORKDAYS = ["tuesday", "wednesday", "thursday", "friday"];
  const ofDay = (hours, day) => hours.querySelector(`[data-day="${day}"]`);
  const rowsOf = (day) => [...day.querySelectorAll("[data-rows] > [data-row]")];
  const isFilled = (row) => [...row.querySelectorAll("input")].some((input) => input.value.trim());

  function start(hours) {
    const days = [...hours.querySelectorAll("[data-day]")];
    days.forEach((day) => {
      rowsOf(day).filter((row) => "blank" in row.dataset && !isFilled(row)).forEach((row) => row.remove());
      refresh(day);
    });
    hours.querySelectorAll("button[hidden]").forEach((button) => { button.hidden = false; });
    hours.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      const day = button.closest("[data-day]");
      if ("add" in button.dataset) add(day).querySelector("input").focus();
      if ("remove" in button.dataset) remove(day, button.closest("[data-row]"));
      if ("copy" in button.dataset) WORKDAYS.forEach((name) => copy(day, ofDay(hours, name)));
    });
    const always = hours.querySelector("[data-always]");
    const week = hours.querySelector("[data-week]");
    const follow = () => { week.hidden = always.checked; };
    always.addEventListener("change", follow);
    follow();
  }

  /** A blank row at the end of the day. */
  function add(day) {
    const row = day.querySelector("template").content.querySelector("[data-row]").cloneNode(true);
    row.querySelectorAll("button[hidden]").forEach((button) => { button.hidden = false; });
    day.querySelector("[data-rows]").append(row);
    refresh(day);
    return row;
  }

  function remove(day, row) {
    row.remove();
    refresh(day);
    day.querySelector("[data-add]").focus();
  }

  /** The other day gets the periods of this one in place of its own. */
  function copy(day, other) {
    rowsOf(other).forEach((row) => row.remove());
    rowsOf(day).filter(isFilled).forEach((row) => {
      const inputs = add(other).querySelectorAll("input");
      row.querySelectorAll("input").forEach((input, number) => { inputs[number].value = input.value; });
    });
    refresh(other);
  }

  /** Count the rows anew, and say so where there are none. */
  function refresh(day) {
    const rows = rowsOf(day);
    rows.forEach((row, number) => row.setAttribute("aria-label", `${row.dataset.row} ${number + 1}`));
    const none = day.querySelector("[data-none]");
    if (none) none.hidden = rows.length > 0;
  }

  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-opening-hours]").forEach(start));
})();
