export const text = {
  title: "Reports",
  back: "Back to the inbox",
  range: "Cases opened in the last",
  days: (count: number) => (count === 1 ? "day" : `${count} days`),
  none: "No case was opened in this time.",
  notLoaded: "The report could not be loaded.",
  columns: [
    ["Case", "What it is about, and whose it is"],
    ["Channels", "In the order in which they were used"],
    ["Switches", "How often the channel changed from one message or call to the next"],
    ["First response", "From the customer's first words to our first answer"],
    ["Resolution", "From the opening to when it was last marked done"],
    ["In", "Messages of the customer"],
    ["Out", "Messages of the team"],
    ["Calls", "Calls in either direction"],
    ["Score", "How satisfied they said they were, of 5"],
  ],
};
